"""What PostgreSQL's words for severities and its commonest messages are in other languages; data only.

`{}` is a name; of each message only as much is here as no other has.
"""

SEVERITIES = {
    **dict.fromkeys(("FEHLER", "ERREUR", "ERRO", "ОШИБКА", "错误"), "ERROR"),
    **dict.fromkeys(("ВАЖНО", "致命错误"), "FATAL"),
    **dict.fromkeys(("PANIK", "PÂNICO", "ПАНИКА", "比致命错误还过分的错误"), "PANIC"),
    **dict.fromkeys(("WARNUNG", "ATTENTION", "AVISO", "ПРЕДУПРЕЖДЕНИЕ", "警告"), "WARNING"),
    **dict.fromkeys(("HINWEIS", "NOTA", "ЗАМЕЧАНИЕ", "注意"), "NOTICE"),
    **dict.fromkeys(("СООБЩЕНИЕ", "日志"), "LOG"),
}
CALLED = {
    **dict.fromkeys(("DÉTAIL", "DETALLE", "DETALHE", "ПОДРОБНОСТИ", "详细信息", "詳細"), "DETAIL"),
    **dict.fromkeys(("TIPP", "ASTUCE", "SUGERENCIA", "DICA", "ПОДСКАЗКА", "提示", "ヒント"), "HINT"),
    **dict.fromkeys(("ZUSAMMENHANG", "CONTEXTE", "CONTEXTO", "КОНТЕКСТ", "上下文", "文脈"), "CONTEXT"),
    **dict.fromkeys(("ANWEISUNG", "INSTRUCTION", "SENTENCIA", "COMANDO", "ОПЕРАТОР", "语句", "文"), "STATEMENT"),
    **dict.fromkeys(("ANFRAGE", "REQUÊTE", "CONSULTA", "ЗАПРОС", "查询", "問い合わせ"), "QUERY"),
}
BY_STATE = {
    "23502": "null value violates not-null constraint",
    "23503": "insert, update or delete violates foreign key constraint",
    "23505": "duplicate key value violates unique constraint",
    "25P02": "current transaction is aborted, commands ignored until end of transaction block",
    "25P03": "terminating connection due to idle-in-transaction timeout",
    "28P01": "password authentication failed for user",
    "40001": "could not serialize access due to concurrent update",
    "40P01": "deadlock detected",
    "55P03": "canceling statement due to lock timeout",
    "57P01": "terminating connection due to administrator command",
    "57P02": "terminating connection because of crash of another server process",
    "57P05": "terminating connection due to idle-session timeout",
}
# German, Spanish, French, Japanese, Portuguese, Russian, Chinese.
PHRASES = {
    "deadlock detected": (
        *("Verklemmung (Deadlock) entdeckt", "se ha detectado un deadlock", "interblocage (deadlock) détecté"),
        *("デッドロックを検出しました", "impasse detectado", "обнаружена взаимоблокировка", "检测到死锁"),
    ),
    "terminating connection due to administrator command": (
        "Verbindung wird abgebrochen aufgrund von Anweisung des Administrators",
        *("debido a una orden del administrador", "suite à la demande de l'administrateur"),
        "管理者コマンドにより接続を終了しています",
        "terminando conexão por causa de um comando do administrador",
        "terminando a conexão devido a um comando do administrador",
        *("закрытие подключения по команде администратора", "由于管理员命令中断联接"),
    ),
    "terminating connection due to idle-in-transaction timeout": (
        "Zeitüberschreitung in inaktiver Transaktion",
        "tiempo de espera para transacciones abiertas inactivas",
        "l'expiration du délai d'inactivité en transaction",
        *("トランザクション中アイドルタイムアウトのため接続を終了します", "тайм-аута простоя в транзакции"),
        *("由于空载事务超时而终止连接", "tempo limite de inatividade esgotado na transação"),
    ),
    "canceling statement due to lock timeout": (
        *("storniere Anfrage wegen Zeitüberschreitung einer Sperre", "tiempo de espera de candados"),
        *("tiempo de espera de “locks”", "du délai écoulé pour l'obtention des verrous"),
        "ロックのタイムアウトのためステートメントをキャンセル",
        "cancelando comando por causa do tempo de espera (timeout) do bloqueio",
        *("выполнение оператора отменено из-за тайм-аута блокировки", "由于锁超时，取消语句操作"),
    ),
    "canceling statement due to statement timeout": (
        *("storniere Anfrage wegen Zeitüberschreitung der Anfrage", "tiempo de espera de sentencias"),
        "du délai écoulé pour l'exécution de l'instruction",
        "ステートメントのタイムアウトのためステートメントをキャンセル",
        "cancelando comando por causa do tempo de espera (timeout)",
        *("выполнение оператора отменено из-за тайм-аута", "由于语句执行超时，正在取消查询命令"),
    ),
    "canceling statement due to user request": (
        "storniere Anfrage wegen Benutzeraufforderung",
        "cancelando la sentencia debido a una petición del usuario",
        *("annulation de la requête à la demande de l'utilisateur", "ユーザーからの要求により文をキャンセル"),
        "cancelando comando por causa de um pedido do usuário",
        *("cancelando o comando devido a um pedido do usuário", "выполнение оператора отменено по запросу"),
        "由于用户请求而正在取消查询",
    ),
    "could not serialize access due to": (
        *("konnte Zugriff nicht serialisieren wegen", "no se pudo serializar el acceso debido a"),
        *("n'a pas pu sérialiser un accès à cause", "アクセスの直列化ができませんでした"),
        *("não pôde serializar acesso devido a", "não foi possível serializar acesso devido"),
        *("não foi possível serializar o acesso", "не удалось сериализовать доступ", "而无法串行访问"),
    ),
    "current transaction is aborted, commands ignored until end of transaction block": (
        "aktuelle Transaktion wurde abgebrochen, Befehle werden",
        "transacción abortada, las órdenes serán ignoradas",
        "la transaction est annulée, les commandes sont ignorées",
        *("現在のトランザクションがアボートしました", "transação atual foi interrompida, comandos ignorados"),
        *("текущая транзакция прервана, команды", "当前事务被终止, 事务块结束之前"),
    ),
    'duplicate key value violates unique constraint "{}"': (
        "doppelter Schlüsselwert verletzt Unique-Constraint {}",
        "llave duplicada viola restricción de unicidad {}",
        "la valeur d'une clé dupliquée rompt la contrainte unique {}",
        "重複したキー値は一意性制約{}違反となります",
        "duplicar valor da chave viola a restrição de unicidade {}",
        *("значение ключа нарушает ограничение уникальности {}", "重复键违反唯一约束{}"),
    ),
    'violates foreign key constraint "{}"': (
        *("verletzt Fremdschlüssel-Constraint {}", "viola la llave foránea {}"),
        *("viole la contrainte de clé\nétrangère {}", "viole la contrainte de clé étrangère {}"),
        *("外部キー制約{}に違反し", "viola restrição de chave estrangeira {}"),
        *("нарушает ограничение внешнего ключа {}", "违反外键约束 {}", "上的外键约束 {}"),
    ),
    'null value in column "{}" violates not-null constraint': (
        *("NULL-Wert in Spalte {} von Relation", "el valor nulo en la columna {} de la relación"),
        *("在字段 {} 中空值违反了非空约束", "une valeur NULL viole la contrainte NOT NULL de la colonne {}"),
        *("の列{}のNULL値が非NULL制約に違反しています", "valor nulo na coluna {} da relação"),
        *("значение NULL в столбце {}", "valor nulo na coluna {} viola"),
    ),
    'relation "{}" does not exist': (
        *("Relation {} existiert nicht", "no existe la relación {}", "la relation {} n'existe pas"),
        *("リレーション{}は存在しません", "relação {} não existe", "отношение {} не существует"),
        "关系 {} 不存在",
    ),
    'column "{}" does not exist': (
        *("Spalte {} existiert nicht", "no existe la columna {}", "la colonne {} n'existe pas"),
        *("列{}は存在しません", "coluna {} não existe", "столбец {} не существует", "字段 {} 不存在"),
    ),
    'relation "{}" already exists': (
        *("Relation {} existiert bereits", "la relación {} ya existe", "la relation {} existe déjà"),
        *("リレーション{}はすでに存在します", "relação {} já existe", "отношение {} уже существует"),
        "关系 {} 已经存在",
    ),
    "permission denied for table {}": (
        *("keine Berechtigung für Tabelle {}", "permiso denegado a la tabla {}"),
        *("droit refusé pour la table {}", "テーブル {} へのアクセスが拒否されました"),
        *("permissão negada para tabela {}", "нет доступа к таблице {}", "对表 {} 权限不够"),
    ),
    "permission denied for schema {}": (
        *("keine Berechtigung für Schema {}", "permiso denegado al esquema {}"),
        *("droit refusé pour le schéma {}", "スキーマ {} へのアクセスが拒否されました"),
        *("permissão negada para esquema {}", "нет доступа к схеме {}", "对模式 {} 权限不够"),
    ),
    "sorry, too many clients already": (
        *("tut mir leid, schon zu viele Verbindungen", "lo siento, ya tenemos demasiados clientes"),
        *("désolé, trop de clients sont déjà connectés", "現在クライアント数が多すぎます"),
        *("desculpe, muitos clientes conectados", "извините, уже слишком много клиентов"),
        "对不起, 已经有太多的客户",
    ),
    "remaining connection slots are reserved for": (
        *("die verbleibenden Verbindungen sind für", "las conexiones restantes están reservadas a"),
        *("残りの接続スロットは", "les emplacements de connexions restants sont réservés"),
        *("оставшиеся слоты подключений зарезервированы", "encaixes de conexão restantes estão reservados"),
        *("lacunas de conexão remanescentes são reservadas", "已保留的连接位置为执行", "残りの接続枠は"),
    ),
    'too many connections for role "{}"': (
        *("zu viele Verbindungen von Rolle {}", "demasiadas conexiones para el rol {}"),
        *("trop de connexions pour le rôle {}", "ロール{}からの接続が多すぎます"),
        *("muitas conexões para role {}", "подключений для роли {}", "由角色{}发起的连接太多了"),
    ),
    'too many connections for database "{}"': (
        *("zu viele Verbindungen für Datenbank {}", "demasiadas conexiones para la base de datos {}"),
        *("trop de connexions pour la base de données {}", "データベース{}への接続が多すぎます"),
        *("muitas conexões para banco de dados {}", "много подключений к БД {}", "到数据库 {}的连接太多了"),
    ),
    "the database system is starting up": (
        *("das Datenbanksystem startet", "el sistema de base de datos está iniciándose"),
        *("データベースシステムは起動処理中です", "le système de bases de données se lance"),
        *("o sistema de banco de dados está iniciando", "система баз данных запускается", "数据库系统启动中"),
    ),
    "the database system is shutting down": (
        *("das Datenbanksystem fährt herunter", "el sistema de base de datos está apagándose"),
        *("le système de base de données s'arrête", "データベースシステムはシャットダウンしています"),
        *("o sistema de banco de dados está desligando", "система баз данных останавливается"),
        "数据库系统停止中",
    ),
    "the database system is in recovery mode": (
        "das Datenbanksystem ist im Wiederherstellungsmodus",
        "el sistema de base de datos está en modo de recuperación",
        "le système de bases de données est en cours de restauration",
        "データベースシステムはリカバリモードです",
        "o sistema de banco de dados está em modo de recuperação",
        *("система баз данных в режиме восстановления", "数据库系统在恢复模式中"),
    ),
    'password authentication failed for user "{}"': (
        *("Passwort-Authentifizierung für Benutzer {}", "la autentificación password falló para el usuario {}"),
        "authentification par mot de passe échouée pour l'utilisateur  {}",
        "authentification par mot de passe échouée pour l'utilisateur {}",
        *("ユーザー{}のパスワード認証に失敗しました", "autenticação do tipo password falhou para usuário {}"),
        "autenticação do tipo senha falhou para o usuário {}",
        *("пользователь {} не прошёл проверку подлинности", "用户 {} Password 认证失败"),
    ),
    'Peer authentication failed for user "{}"': (
        *("Peer-Authentifizierung für Benutzer {}", "la autentificación Peer falló para el usuario {}"),
        *("authentification peer échouée pour l'utilisateur {}", "用户 {} Peer 认证失败"),
    ),
    'database "{}" does not exist': (
        *("Datenbank {} existiert nicht", "no existe la base de datos {}"),
        *("la base de données {} n'existe pas", "データベース{}は存在しません", "banco de dados {} não existe"),
        *("база данных {} не существует", "数据库 {} 不存在"),
    ),
    "no pg_hba.conf entry for": (
        *("kein pg_hba.conf-Eintrag für", "no hay una línea en pg_hba.conf para"),
        *("aucune entrée dans pg_hba.conf pour", "pg_hba.conf にホスト", "nenhuma entrada no pg_hba.conf para"),
        *("nenhuma entrada em pg_hba.conf para", "в pg_hba.conf нет записи для", "没有用于主机"),
    ),
    "terminating connection because of crash of another server process": (
        *("wegen Absturz eines anderen Serverprozesses", "debido a una falla en otro proceso servidor"),
        "l'arrêt brutal d'un autre processus serveur",
        "他のサーバープロセスがクラッシュしたため接続を終了します",
        "devido a queda de um outro processo servidor",
        *("por causa de uma queda de um outro processo servidor", "из-за краха другого серверного процесса"),
        "因为其它服务器进程崩溃",
    ),
    "was terminated by signal {}:": (
        *("wurde von Signal {} beendet:", "fue terminado por una señal {}:", "a été arrêté par le signal {} :"),
        *("はシグナル{}で終了しました:", "foi terminado pelo sinal {}:", "был завершён по сигналу {}:"),
        "被信号 {} 中断:",
    ),
    "out of shared memory": (
        *("Shared Memory aufgebraucht", "memoria compartida agotada", "mémoire partagée épuisée"),
        *("共有メモリが足りません", "sem memória compartilhada", "нехватка разделяемой памяти", "共享内存用尽"),
    ),
    "cannot execute {} in a read-only transaction": (
        "{} kann nicht in einer Read-Only-Transaktion",
        "no se puede ejecutar {} en una transacción de sólo lectura",
        "ne peut pas exécuter {} dans une transaction en lecture seule",
        "リードオンリーのトランザクションでは {} を実行できません",
        "não é possível executar {} em uma transação de leitura-apenas",
        *("não pode executar {} em uma transação somente leitura", "不能在一个只读模式的事务中执行{}"),
        'в транзакции в режиме "только чтение" нельзя выполнить {}',
    ),
    'prepared statement "{}" does not exist': (
        *("vorbereitete Anweisung {} existiert nicht", "no existe la sentencia preparada {}"),
        *("準備された文{}は存在しません", "l'instruction préparée {} n'existe pas"),
        *("comando preparado {} não existe", "подготовленный оператор {} не существует"),
        "准备好的语句 {} 不存在",
    ),
    'prepared statement "{}" already exists': (
        *("vorbereitete Anweisung {} existiert bereits", "la sentencia preparada {} ya existe"),
        *("l'instruction préparée {} existe déjà", "準備された文{}はすでに存在します"),
        *("comando preparado {} já existe", "подготовленный оператор {} уже существует"),
        "准备好的语句 {} 已经存在",
    ),
    "cached plan must not change result type": (
        "gecachter Plan darf den Ergebnistyp nicht ändern",
        "el plan almacenado no debe cambiar el tipo de resultado",
        "le plan en cache ne doit pas modifier le type en résultat",
        *("実行計画は結果型を変更してはなりません", "plano em cache não deve mudar tipo resultante"),
        *("в кешированном плане не должен изменяться тип", "已缓冲的计划不能改变结果类型"),
    ),
}

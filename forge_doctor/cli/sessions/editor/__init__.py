"""What an editor asks for: the findings of one text, in the words of its protocol, over stdin and stdout."""

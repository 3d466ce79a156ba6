"""What takes findings away: comments, configuration, baseline, unchanged lines."""

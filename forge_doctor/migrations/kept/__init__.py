"""What was said of trees in earlier runs, as long as nothing it rests on is different."""

"""Ten typical mistakes: each message says what, where and how to fix, and these are the messages, whole."""

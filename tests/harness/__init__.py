"""What tests need to drive the real thing: the program as a process, a JavaScript client, a browser."""

"""What leads allow and how long they are kept: consents, opt-in, opt-out, retention, erasure."""

"""What scoring writes: the queue is served, all leads are scored again, versions are published."""

"""What other systems and visitors send: read, checked, told apart, and recorded once."""

"""My day: what to do now, in order, and one key to log it and go on."""

"""What the tests share: polling, a quick way back to the migrated data, real processes, a browser."""

"""Who is meant: ways to reach somebody, visitors, companies, and the lead behind them (docs/identity.md)."""

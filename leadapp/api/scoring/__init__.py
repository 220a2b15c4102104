"""The scoring API: models, versions, rules, previews, publishing (docs/api.md)."""

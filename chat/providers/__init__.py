"""Who answers: one module, one record and one class for each provider. The only room that knows a model SDK."""

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>One statement of a batch.</summary>
/// <param name="Sql">Constant text with <c>$1 … $n</c>.</param>
/// <param name="Values">In the order of the numbers: numbers, text, bytes, or arrays of them.</param>
internal readonly record struct PostgresStatement(string Sql, object?[] Values);

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>One prepared change of a transaction: values are sealed and bound before the writer sees it.</summary>
/// <param name="Sql">Constant text with <c>$1 … $n</c>.</param>
/// <param name="Values">In the order of the numbers.</param>
/// <param name="MustChange">Set: the message of the error when no row changed.</param>
internal readonly record struct SqliteStatement(string Sql, object?[] Values, string? MustChange = null)
{
    public void Run(SqliteSession session)
    {
        if (session.Execute(Sql, Values) == 0 && MustChange is not null)
            throw new InvalidOperationException(MustChange);
    }
}

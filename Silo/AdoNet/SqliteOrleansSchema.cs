using WhatsApp.Grains.Storage.Sqlite;

namespace WhatsApp.Silo.AdoNet;

/// <summary>
/// Makes Orleans' tables and brings its query texts up to date before any provider reads them: <c>deploy/sql/sqlite/orleans.sql</c>, in one transaction.
/// </summary>
internal sealed class SqliteOrleansSchema(SqliteFile file) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe<SqliteOrleansSchema>(ServiceLifecycleStage.First, ApplyAsync);

    private async Task ApplyAsync(CancellationToken cancellationToken)
    {
        file.EnsureWriteAheadLog();
        await using var connection = file.CreateConnection(pooling: false);
        await connection.OpenAsync(cancellationToken);
        await using var transaction = connection.BeginTransaction(deferred: false);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = await ReadScriptAsync(cancellationToken);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<string> ReadScriptAsync(CancellationToken cancellationToken)
    {
        await using var stream = typeof(SqliteOrleansSchema).Assembly.GetManifestResourceStream("sqlite/orleans.sql")!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}

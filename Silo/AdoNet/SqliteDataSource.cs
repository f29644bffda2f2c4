using System.Data.Common;
using Microsoft.Data.Sqlite;
using WhatsApp.Grains.Storage.Sqlite;

namespace WhatsApp.Silo.AdoNet;

/// <summary>
/// Connections for Orleans' AdoNet providers, pooled, each setting itself up when opened. Without it they would write with
/// <c>synchronous=FULL</c> (a tenth of the speed) and without waiting for our writer.
/// </summary>
internal sealed class SqliteDataSource(SqliteFile file) : DbDataSource
{
    public override string ConnectionString { get; } = file.ConnectionString(pooling: true);

    protected override DbConnection CreateDbConnection() => file.CreateConnection(pooling: true);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            ClearPool();
        base.Dispose(disposing);
    }

    private void ClearPool()
    {
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
    }
}

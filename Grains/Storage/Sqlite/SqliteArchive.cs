using WhatsApp.Grains.Storage.Exports;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Export and import on SQLite: one piece of work of its one writer.</summary>
internal sealed class SqliteArchive(SqliteDatabase database, DataSeal seal) : InstanceArchive(seal)
{
    private protected override T InTransaction<T>(Func<IExportTransaction, T> work) =>
        database.WriteAsync(session => work(new Transaction(session)), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    private sealed class Transaction(SqliteSession session) : IExportTransaction
    {
        private IReadOnlyList<PortableTable>? _tables;

        public int SchemaVersion => session.First("SELECT MAX(version) FROM schema_version", static row => row.GetInt32(0));

        public IReadOnlyList<PortableTable> Tables => _tables ??=
        [
            .. session.Query("""
                SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
                WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) i WHERE i.name = 'instance_id')
                ORDER BY m.name <> 'instance', m.name, c.cid
                """, static row => (Table: row.GetString(0), Column: row.GetString(1), Type: row.GetString(2)))
                .Where(column => !PortableTables.Local.Contains(column.Table))
                .GroupBy(column => column.Table, (name, columns) => new PortableTable(name, [.. columns.Select(column => (column.Column, KindOf(column.Type)))])),
        ];

        public IReadOnlyList<(string Id, string Status)> Instances() => session.Query(
            "SELECT i.instance_id, s.status FROM instance i JOIN instance_status s ON s.instance_id = i.instance_id ORDER BY i.instance_id", static row => (row.GetString(0), row.GetString(1)));

        public string? StatusOf(string instanceId) => session.First("SELECT status FROM instance_status WHERE instance_id = $1", static row => row.GetString(0), instanceId);

        public void Fence(string instanceId) => session.Execute("UPDATE instance_lease SET epoch = epoch + 1, owner = NULL, owner_since = NULL WHERE instance_id = $1", instanceId);

        public void Read(PortableTable table, string instanceId, Action<object?[]> each) => session.Query(
            $"SELECT {string.Join(", ", table.Columns.Select(column => column.Name))} FROM {table.Name} WHERE instance_id = $1", row =>
            {
                each([.. Enumerable.Range(0, row.FieldCount).Select(i => row.IsDBNull(i) ? null : row.GetValue(i))]);
                return true;
            }, instanceId);

        public void MarkExported(string instanceId)
        {
            session.Execute("UPDATE instance SET desired = 0 WHERE instance_id = $1", instanceId);
            session.Execute("UPDATE instance_status SET status = $2 WHERE instance_id = $1", instanceId, InstanceArchive.Exported);
        }

        public void Remove(string instanceId)
        {
            session.Execute("""
                UPDATE epoch_floor SET epoch = (SELECT epoch FROM instance_lease WHERE instance_id = $1)
                WHERE epoch < (SELECT epoch FROM instance_lease WHERE instance_id = $1)
                """, instanceId);
            foreach (var table in Tables)
                session.Execute($"DELETE FROM {table.Name} WHERE instance_id = $1", instanceId);
        }

        public string Accept(string column, string text) => text;

        public IRowTaker Insert(PortableTable table) => new Taker(session, table);

        public void Settle(string instanceId)
        {
            session.Execute("INSERT INTO instance_lease (instance_id, epoch) SELECT $1, epoch + 1 FROM epoch_floor", instanceId);
            session.Execute("UPDATE instance_status SET status = 'reconnecting' WHERE instance_id = $1 AND status = 'open'", instanceId);
        }

        private static PortableKind KindOf(string type) => type switch
        {
            "TEXT" => PortableKind.Text,
            "INTEGER" => PortableKind.Number,
            "BLOB" => PortableKind.Bytes,
            _ => throw new InvalidOperationException($"not known how to export a column of type {type}"),
        };
    }

    private sealed class Taker(SqliteSession session, PortableTable table) : IRowTaker
    {
        private readonly string _sql =
            $"INSERT INTO {table.Name} ({string.Join(", ", table.Columns.Select(column => column.Name))}) VALUES ({string.Join(", ", table.Columns.Select((_, i) => $"${i + 1}"))})";

        public void Take(object?[] row) => session.Execute(_sql, row);

        public void Complete() { }

        public void Dispose() { }
    }
}

using System.Data;
using Npgsql;
using NpgsqlTypes;
using WhatsApp.Grains.Storage.Exports;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Export and import on PostgreSQL, also while silos run: whoever owns an instance is fenced before it is read.</summary>
internal sealed class PostgresArchive(NpgsqlDataSource source, DataSeal seal) : InstanceArchive(seal)
{
    private protected override T InTransaction<T>(Func<IExportTransaction, T> work)
    {
        using var connection = source.OpenConnection();
        using var transaction = connection.BeginTransaction();
        using var open = new Transaction(source, connection);
        var result = work(open);
        transaction.Commit();
        return result;
    }

    private sealed class Transaction(NpgsqlDataSource source, NpgsqlConnection connection) : IExportTransaction, IDisposable
    {
        private IReadOnlyList<PortableTable>? _tables;
        private NpgsqlConnection? _reading;
        private NpgsqlTransaction? _snapshot;

        public int SchemaVersion => Query("SELECT MAX(version) FROM schema_version", static row => row.GetInt32(0))[0];

        public IReadOnlyList<PortableTable> Tables => _tables ??=
        [
            .. Query("""
                SELECT c.table_name::text, c.column_name::text, c.data_type::text FROM information_schema.columns c
                WHERE c.table_schema = current_schema() AND EXISTS (
                    SELECT 1 FROM information_schema.columns i WHERE i.table_schema = c.table_schema AND i.table_name = c.table_name AND i.column_name = 'instance_id')
                ORDER BY c.table_name <> 'instance', c.table_name, c.ordinal_position
                """, static row => (Table: row.GetString(0), Column: row.GetString(1), Type: row.GetString(2)))
                .Where(column => !PortableTables.Local.Contains(column.Table))
                .GroupBy(column => column.Table, (name, columns) => new PortableTable(name, [.. columns.Select(column => (column.Column, KindOf(column.Type)))])),
        ];

        public IReadOnlyList<(string Id, string Status)> Instances() => Query(
            "SELECT i.instance_id, s.status FROM instance i JOIN instance_status s ON s.instance_id = i.instance_id ORDER BY i.instance_id", static row => (row.GetString(0), row.GetString(1)));

        public string? StatusOf(string instanceId) => Query("SELECT status FROM instance_status WHERE instance_id = $1", static row => row.GetString(0), instanceId).FirstOrDefault();

        // Commits of its owner wait for this row, and find another epoch when they get it.
        public void Fence(string instanceId) => Execute("UPDATE instance_lease SET epoch = epoch + 1, owner = NULL, owner_since = NULL WHERE instance_id = $1", instanceId);

        // On a connection of its own, begun after the last owner was shut out: all tables as of one moment.
        public void Read(PortableTable table, string instanceId, Action<object?[]> each)
        {
            _reading ??= source.OpenConnection();
            _snapshot ??= _reading.BeginTransaction(IsolationLevel.RepeatableRead);
            using var command = Command(_reading, $"SELECT {string.Join(", ", table.Columns.Select(column => column.Name))} FROM {table.Name} WHERE instance_id = $1", instanceId);
            using var reader = command.ExecuteReader();
            while (reader.Read())
                each([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : Plain(reader.GetValue(i)))]);
        }

        public void MarkExported(string instanceId)
        {
            Execute("UPDATE instance SET desired = false WHERE instance_id = $1", instanceId);
            Execute("UPDATE instance_status SET status = $2 WHERE instance_id = $1", instanceId, InstanceArchive.Exported);
        }

        public void Remove(string instanceId)
        {
            Execute("SELECT 1 FROM instance_lease WHERE instance_id = $1 FOR UPDATE", instanceId);
            Execute("UPDATE epoch_floor f SET epoch = l.epoch FROM instance_lease l WHERE l.instance_id = $1 AND l.epoch > f.epoch", instanceId);
            foreach (var table in Tables)
                Execute($"DELETE FROM {table.Name} WHERE instance_id = $1", instanceId);
        }

        // As the stores write it: keys of messages are cut to what an index takes.
        public string Accept(string column, string text) => column is "chat" or "sender" or "id" ? PostgresText.Key(text) : PostgresText.Clean(text);

        public IRowTaker Insert(PortableTable table) => new Taker(connection, table);

        public void Settle(string instanceId)
        {
            Execute("INSERT INTO instance_lease (instance_id, epoch) SELECT $1, epoch + 1 FROM epoch_floor", instanceId);
            Execute("UPDATE instance_status SET status = 'reconnecting' WHERE instance_id = $1 AND status = 'open'", instanceId);
        }

        public void Dispose()
        {
            _snapshot?.Dispose();
            _reading?.Dispose();
        }

        private void Execute(string sql, params object[] values)
        {
            using var command = Command(connection, sql, values);
            command.ExecuteNonQuery();
        }

        private List<T> Query<T>(string sql, Func<NpgsqlDataReader, T> map, params object[] values)
        {
            using var command = Command(connection, sql, values);
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
                rows.Add(map(reader));
            return rows;
        }

        private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] values)
        {
#pragma warning disable CA2100 // constants, and names the database itself gives
            var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
#pragma warning restore CA2100
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            return command;
        }

        private static object Plain(object value) => value switch
        {
            bool flag => flag ? 1L : 0L,
            int number => (long)number,
            _ => value,
        };

        private static PortableKind KindOf(string type) => type switch
        {
            "text" => PortableKind.Text,
            "bigint" or "integer" => PortableKind.Number,
            "boolean" => PortableKind.Flag,
            "bytea" => PortableKind.Bytes,
            _ => throw new InvalidOperationException($"not known how to export a column of type {type}"),
        };
    }

    // Integers and bigints differ on the way in: the database says which.
    private sealed class Taker(NpgsqlConnection connection, PortableTable table) : IRowTaker
    {
        private readonly List<NpgsqlDbType> _types = Types(connection, table);
        private NpgsqlBinaryImporter? _importer;

        public void Take(object?[] row)
        {
            _importer ??= connection.BeginBinaryImport($"COPY {table.Name} ({string.Join(", ", table.Columns.Select(column => column.Name))}) FROM STDIN (FORMAT BINARY)");
            _importer.StartRow();
            for (var i = 0; i < row.Length; i++)
                switch (row[i], _types[i])
                {
                    case (null, _):
                        _importer.WriteNull();
                        break;
                    case (long number, NpgsqlDbType.Boolean):
                        _importer.Write(number != 0, NpgsqlDbType.Boolean);
                        break;
                    case (long number, NpgsqlDbType.Integer):
                        _importer.Write(checked((int)number), NpgsqlDbType.Integer);
                        break;
                    case ({ } value, var type):
                        _importer.Write(value, type);
                        break;
                }
        }

        public void Complete() => _importer?.Complete();

        public void Dispose() => _importer?.Dispose();

        private static List<NpgsqlDbType> Types(NpgsqlConnection connection, PortableTable table)
        {
            using var command = new NpgsqlCommand("SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1", connection);
            command.Parameters.Add(new NpgsqlParameter { Value = table.Name });
            using var reader = command.ExecuteReader();
            var types = new Dictionary<string, NpgsqlDbType>();
            while (reader.Read())
                types.Add(reader.GetString(0), reader.GetString(1) switch
                {
                    "integer" => NpgsqlDbType.Integer,
                    "bigint" => NpgsqlDbType.Bigint,
                    "boolean" => NpgsqlDbType.Boolean,
                    "bytea" => NpgsqlDbType.Bytea,
                    _ => NpgsqlDbType.Text,
                });
            return [.. table.Columns.Select(column => types[column.Name])];
        }
    }
}

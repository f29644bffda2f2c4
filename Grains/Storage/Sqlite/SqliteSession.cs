using System.Globalization;
using Microsoft.Data.Sqlite;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>
/// One open connection and its prepared statements. One user at a time. Parameters are numbered <c>$1 … $n</c>, as in PostgreSQL.
/// </summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public SqliteSession(SqliteFile file)
    {
        _connection = file.CreateConnection(pooling: false);
        _connection.Open();
    }

    /// <summary>False once an error has ended the transaction by itself (disk full, I/O error …).</summary>
    public bool InTransaction => SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <summary>Runs a statement. Returns the rows changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        var command = Bind(sql, values);
        try { return command.ExecuteNonQuery(); }
        finally { Clear(command); }
    }

    /// <summary>All rows, mapped.</summary>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> values)
    {
        var command = Bind(sql, values);
        try
        {
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
                rows.Add(map(reader));
            return rows;
        }
        finally { Clear(command); }
    }

    /// <summary>The first row, mapped; default when there is none. Use it for at most one row.</summary>
    public T? First<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> values)
    {
        var rows = Query(sql, map, values);
        return rows.Count == 0 ? default : rows[0];
    }

    /// <summary>True when there is a row.</summary>
    public bool Any(string sql, params ReadOnlySpan<object?> values) => Query(sql, static _ => true, values).Count > 0;

    /// <summary>Runs a script of several statements, unprepared.</summary>
    public void Script(string sql)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // our own embedded scripts
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
#pragma warning disable CA2100 // constants; values are always parameters
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 1; i <= values.Length; i++)
                command.Parameters.Add(new SqliteParameter("$" + i.ToString(CultureInfo.InvariantCulture), DBNull.Value));
            _commands.Add(sql, command);
        }
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    private static void Clear(SqliteCommand command)
    {
        foreach (SqliteParameter parameter in command.Parameters)
            parameter.Value = DBNull.Value; // keep no rows alive
    }
}

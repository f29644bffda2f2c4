using Npgsql;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>
/// Statements against the pool. A batch is one round trip and one transaction: PostgreSQL runs what comes before one Sync as a whole.
/// A write that has begun is not cancelled by its caller, so that its outcome is known; the command timeout bounds it.
/// </summary>
internal sealed class PostgresDatabase(NpgsqlDataSource source)
{
    /// <summary>SQLSTATE of <c>require_owner</c>.</summary>
    private const string Fenced = "WA001";
    /// <summary>SQLSTATE of <c>require_rows</c>.</summary>
    private const string TooFewRows = "WA002";

    /// <summary>All rows, mapped.</summary>
    public async ValueTask<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = source.CreateCommand(sql);
        Bind(command.Parameters, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await RowsAsync(reader, map, cancellationToken);
    }

    /// <summary>The first row, mapped; default when there is none. For at most one row.</summary>
    public async ValueTask<T?> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken, params object?[] values) =>
        await QueryAsync(sql, map, cancellationToken, values) is [var row, ..] ? row : default;

    /// <summary>True when there is a row.</summary>
    public async ValueTask<bool> AnyAsync(string sql, CancellationToken cancellationToken, params object?[] values) =>
        (await QueryAsync(sql, static _ => true, cancellationToken, values)).Count > 0;

    /// <summary>Writes. Returns the rows changed.</summary>
    public async ValueTask<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object?[] values)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var command = source.CreateCommand(sql);
        Bind(command.Parameters, values);
        return await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Writes all or nothing. Returns the rows the last statement changed.</summary>
    /// <exception cref="FencedException">The epoch moved.</exception>
    /// <exception cref="InvalidOperationException">An event sequence was used twice.</exception>
    public async ValueTask<int> WriteAsync(IEnumerable<PostgresStatement> statements, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var batch = Batch(statements);
        try
        {
            await batch.ExecuteNonQueryAsync(CancellationToken.None);
            return batch.BatchCommands[^1].RecordsAffected;
        }
        catch (PostgresException error) when (error.SqlState == Fenced)
        {
            throw new FencedException(error.MessageText, error);
        }
        catch (PostgresException error) when (error.SqlState == TooFewRows)
        {
            throw new InvalidOperationException(error.MessageText, error);
        }
    }

    /// <summary>Runs all or nothing and maps the rows of the last statement, which must be the only one with rows.</summary>
    public async ValueTask<List<T>> WriteAndQueryAsync<T>(IEnumerable<PostgresStatement> statements, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var batch = Batch(statements);
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        return await RowsAsync(reader, map, CancellationToken.None);
    }

    /// <summary>Reads two results in one round trip.</summary>
    public async ValueTask<(List<T1> First, List<T2> Second)> QueryTwoAsync<T1, T2>(
        PostgresStatement first, Func<NpgsqlDataReader, T1> mapFirst, PostgresStatement second, Func<NpgsqlDataReader, T2> mapSecond, CancellationToken cancellationToken)
    {
        await using var batch = Batch([first, second]);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var one = await RowsAsync(reader, mapFirst, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return (one, await RowsAsync(reader, mapSecond, cancellationToken));
    }

    private NpgsqlBatch Batch(IEnumerable<PostgresStatement> statements)
    {
        var batch = source.CreateBatch();
        foreach (var (sql, values) in statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            Bind(command.Parameters, values);
            batch.BatchCommands.Add(command);
        }
        return batch;
    }

    private static async ValueTask<List<T>> RowsAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(map(reader));
        return rows;
    }

    private static void Bind(NpgsqlParameterCollection parameters, object?[] values)
    {
        foreach (var value in values)
            parameters.Add(new NpgsqlParameter
            {
                Value = value switch
                {
                    null => DBNull.Value,
                    string text => PostgresText.Clean(text),
                    string?[] texts => Array.ConvertAll(texts, PostgresText.Clean),
                    _ => value,
                },
            });
    }
}

using System.Globalization;
using Npgsql;

namespace WhatsApp.Load;

/// <summary>How often PostgreSQL ran which statement and how long, from <c>pg_stat_statements</c>. With <c>STATEMENTS=1</c> only: counting costs a little.</summary>
internal sealed class StatementFigures
{
    private const int Most = 30;
    private const int Width = 150;

    private readonly string _database;

    private StatementFigures(string database) => _database = database;

    public static bool AreWanted => Environment.GetEnvironmentVariable("STATEMENTS") == "1";

    public static async Task<StatementFigures> StartAsync(string database)
    {
        var figures = new StatementFigures(database);
        await figures.RunAsync("CREATE EXTENSION pg_stat_statements", static _ => { });
        return figures;
    }

    /// <summary>Counts from here.</summary>
    public Task ResetAsync() => RunAsync("SELECT pg_stat_statements_reset()", static _ => { });

    /// <summary>Prints who took most, to stderr: calls and milliseconds for each <paramref name="of"/> operations divided by 1,000.</summary>
    public async Task SayAsync(int of)
    {
        LoadCluster.Say("PostgreSQL, per 1,000: calls, ms, statement (planning, parsing and commit are not in the ms)");
        await RunAsync(string.Create(CultureInfo.InvariantCulture, $"""
            SELECT calls::float8, total_exec_time, regexp_replace(query, '\s+', ' ', 'g') FROM pg_stat_statements
            WHERE query NOT LIKE '%pg_stat_statements%' ORDER BY total_exec_time DESC LIMIT {Most}
            """), row =>
        {
            var text = row.GetString(2);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.GetDouble(0) * 1000 / of,8:0} {row.GetDouble(1) * 1000 / of,8:0.0}  {text[..Math.Min(text.Length, Width)]}"));
        });
    }

    private async Task RunAsync(string sql, Action<NpgsqlDataReader> row)
    {
        await using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
#pragma warning disable CA2100 // our own text
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            row(reader);
    }
}

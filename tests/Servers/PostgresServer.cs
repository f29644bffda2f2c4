using System.Globalization;
using Npgsql;

namespace WhatsApp.Servers;

/// <summary>
/// A throw-away PostgreSQL in a temporary folder, reached by its unix socket: no port to collide on, unless one is asked for (so that a
/// <see cref="FaultProxy"/> can stand before it). PostgreSQL refuses to run as root, so that root runs it as the user its Debian package makes.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";
    private const string ReadyText = "database system is ready to accept connections";
    private static int _databases;

    private readonly string _folder;
    private readonly string _programs;
    private ServerProcess _process = null!;

    private readonly bool _countsStatements;

    private PostgresServer(string folder, string programs, int? port, bool countsStatements) => (_folder, _programs, Port, _countsStatements) = (folder, programs, port, countsStatements);

    /// <summary>Its port on 127.0.0.1, if it has one.</summary>
    public int? Port { get; }

    /// <summary>Makes the cluster of databases and starts the server.</summary>
    /// <param name="withPort">It listens on a free loopback port too.</param>
    /// <param name="countsStatements">Its extension <c>pg_stat_statements</c> is loaded; a database must create it.</param>
    public static async Task<PostgresServer> StartAsync(bool withPort = false, bool countsStatements = false)
    {
        // Short, because the path of a unix socket may have 107 bytes only.
        var server = new PostgresServer($"/tmp/wa-pg-{Guid.NewGuid().ToString("N")[..12]}", ProgramFolder(), withPort ? FreePort.Next() : null, countsStatements);
        // The order of words in English, so that whatever relies on the order of bytes must say so.
        await ServerProcess.RunAsync(server.AsUser("initdb", "-D", server._folder, "-A", "trust", "-U", User, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8",
            "--locale-provider=icu", "--icu-locale=en-US"));
        await server.RestartAsync();
        return server;
    }

    /// <summary>Process id of the server; each connection is a child of it.</summary>
    public int Id => _process.Id;

    /// <summary>Starts it again after <see cref="StopAsync"/>, with the data it had.</summary>
    public async Task RestartAsync() =>
        _process = await ServerProcess.StartAsync(AsUser("postgres", "-D", _folder, "-k", _folder, "-p", SocketPort, "-c", Port is null ? "listen_addresses=" : "listen_addresses=127.0.0.1", "-c", "fsync=off",
            "-c", "full_page_writes=off", "-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", $"shared_preload_libraries={(_countsStatements ? "pg_stat_statements" : "")}"), ReadyText);

    /// <summary>Ends it as an operator would, cutting connections; the data stays.</summary>
    public Task StopAsync() => _process.StopAsync("INT");

    /// <summary>Ends it as a crash would: nothing is written down first.</summary>
    public Task CrashAsync() => _process.StopAsync("QUIT");

    /// <summary>A new, empty database. Returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"t{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
#pragma warning disable CA2100 // our own name
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>Ends it and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync("QUIT");
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string ConnectionString(string database) => $"Host={_folder};Port={SocketPort};Username={User};Database={database}";

    // The name of the socket has a number even when nobody listens there.
    private string SocketPort => (Port ?? 5432).ToString(CultureInfo.InvariantCulture);

    private string[] AsUser(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(_programs, program), .. arguments];
        return Environment.UserName == "root" ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", .. command] : command;
    }

    // Debian keeps the programs of each version in a folder of their own, off the PATH.
    private static string ProgramFolder()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(version => version.Length).ThenByDescending(version => version, StringComparer.Ordinal)
                .Select(version => Path.Combine(version, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(path).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")))
            ?? throw new InvalidOperationException("PostgreSQL is not installed: run tests/run once, or apt-get install postgresql");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Npgsql;
using WhatsApp.Clusters;
using WhatsApp.MemoryProbe;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Network;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Load;

/// <summary>Processor seconds by who used them. Ours is sandbox, webhook receiver and caller together.</summary>
internal readonly record struct Cpu(double Gateway, double Silos, double Postgres, double Ours)
{
    public double Product => Gateway + Silos + Postgres;

    public static Cpu operator -(Cpu a, Cpu b) => new(a.Gateway - b.Gateway, a.Silos - b.Silos, a.Postgres - b.Postgres, a.Ours - b.Ours);
}

/// <summary>An instance and the phone that linked it, and the phone of somebody it talks to.</summary>
internal sealed record Pair(string Instance, VirtualPhone Owner, VirtualPhone Contact);

/// <summary>Silos and one gateway as processes on PostgreSQL and Redis, a sandbox (with TLS, as WhatsApp has) and a webhook receiver in this one; linked instances.</summary>
internal sealed class LoadCluster : IAsyncDisposable
{
    private const int LinkAtOnce = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TestCluster _cluster;
    private readonly string _memory;
    private readonly List<ProductProcess> _silos = [];
    private readonly List<Pair> _pairs = [];
    private readonly List<(TimeSpan At, string What)> _marks = [];
    private ProductProcess? _gateway;
    private double _endedSilos;

    private LoadCluster(TestCluster cluster, EventCounter events, string memory) => (_cluster, Events, _memory) = (cluster, events, memory);

    public EventCounter Events { get; }
    public HttpClient Http { get; private set; } = null!;
    public IReadOnlyList<Pair> Pairs => _pairs;
    public IReadOnlyList<ProductProcess> Silos => _silos;
    /// <summary>What PostgreSQL does, when that is asked for.</summary>
    public StatementFigures? Statements { get; private set; }
    public SandboxStatsSnapshot Network => _cluster.Network.Stats;

    /// <summary>Used so far.</summary>
    public Cpu Cpu => new(
        _gateway is { } gateway ? ProcessFigures.Cpu(gateway.Id) : 0, _endedSilos + _silos.Sum(silo => ProcessFigures.Cpu(silo.Id)),
        ProcessFigures.CpuWithChildren(_cluster.Postgres.Id), Environment.CpuUsage.TotalTime.TotalSeconds);

    /// <summary>Stores, network, receiver, silos and a gateway.</summary>
    /// <param name="silos">How many.</param>
    /// <param name="loginsPerSecond">Of each silo, null = the product's default. Linking needs it high: each pairing logs in twice.</param>
    public static async Task<LoadCluster> StartAsync(int silos, double? loginsPerSecond = 1000)
    {
        Say("starting");
        var cluster = new LoadCluster(await TestCluster.StartAsync(new SandboxOptions { Tls = true }, countsStatements: StatementFigures.AreWanted), await EventCounter.StartAsync(), HeapQuestion.Arm());
        try
        {
            await cluster.StartSilosAsync(silos, loginsPerSecond);
            await cluster.StartGatewayAsync();
            if (StatementFigures.AreWanted)
                cluster.Statements = await StatementFigures.StartAsync(cluster._cluster.Database);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Progress, away from the figures.</summary>
    public static void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetLocalNow():HH:mm:ss} {what}"));

    public async Task StartSilosAsync(int count, double? loginsPerSecond)
    {
        Mark("silos are started");
        Environment.SetEnvironmentVariable("WhatsApp__LoginsPerSecond", loginsPerSecond?.ToString(CultureInfo.InvariantCulture));
        await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            var (process, _) = await _cluster.StartSiloAsync();
            lock (_silos)
                _silos.Add(process);
        }));
    }

    /// <summary>Starts a gateway, instead of the one there may be.</summary>
    public async Task StartGatewayAsync()
    {
        if (_gateway is not null)
            await _gateway.KillAsync();
        (_gateway, var http) = await _cluster.StartGatewayAsync();
        http.Dispose();
        Http?.Dispose();
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = http.BaseAddress, Timeout = TimeSpan.FromMinutes(2) };
        Http.DefaultRequestHeaders.Add("X-API-Key", TestCluster.Key);
    }

    /// <summary>SIGTERM to all silos: everything is closed properly.</summary>
    public async Task StopSilosAsync()
    {
        // Read while they are there: what /proc says of a process ends with it.
        _endedSilos += _silos.Sum(silo => ProcessFigures.Cpu(silo.Id));
        var silos = _silos.ToList();
        _silos.Clear();
        Mark("silos are told to stop");
        await Task.WhenAll(silos.Select(silo => silo.TerminateAsync()));
        Mark("silos have stopped");
    }

    /// <summary>Creates and links as many more instances through the real pairing, each with a contact, and returns the seconds it took.</summary>
    public async Task<double> LinkAsync(int count, bool webhooks, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var first = _pairs.Count;
        var numbers = Enumerable.Range(first, count).Select(number => new Pair(string.Create(CultureInfo.InvariantCulture, $"load-{number:00000}"),
            _cluster.AddPhone("Owner"), _cluster.AddPhone("Contact"))).ToList();
        _pairs.AddRange(numbers);
        var done = 0;
        await Parallel.ForEachAsync(numbers, new ParallelOptions { MaxDegreeOfParallelism = LinkAtOnce, CancellationToken = cancellationToken }, async (pair, token) =>
        {
            await LinkAsync(pair, webhooks, token);
            if (Interlocked.Increment(ref done) % 100 == 0)
                Say($"linked {first + done}");
        });
        return clock.Elapsed.TotalSeconds;
    }

    private async Task LinkAsync(Pair pair, bool webhooks, CancellationToken cancellationToken)
    {
        object body = webhooks
            ? new { instanceId = pair.Instance, webhook = new { url = Events.Url.ToString(), events = new[] { "*" } } }
            : new { instanceId = pair.Instance };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await AskAsync(() => Http.PostAsJsonAsync("/instances", body, patience.Token), patience.Token);
        var code = await AskAsync(() => Http.GetAsync(new Uri($"/instances/{pair.Instance}/qr?format=raw&wait=20", UriKind.Relative), patience.Token), patience.Token);
        await pair.Owner.ScanAsync(code, cancellationToken);
        while (!(await AskAsync(() => Http.GetAsync(new Uri($"/instances/{pair.Instance}/status", UriKind.Relative), patience.Token), patience.Token))
            .Contains("\"status\":\"open\"", StringComparison.Ordinal))
            await Task.Delay(100, patience.Token);
    }

    // As a client does who is told to come again.
    private static async Task<string> AskAsync(Func<Task<HttpResponseMessage>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var answer = await ask();
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.IsSuccessStatusCode)
                return text;
            if (answer.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable)
                throw new InvalidOperationException(text);
            Say(text);
            await Task.Delay(1000, cancellationToken);
        }
    }

    /// <summary>How many instances have opened since a moment, as the database has it.</summary>
    public async Task<int> CountOpenAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_cluster.Environment["POSTGRES"]);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT count(*)::integer FROM instance_status WHERE status = 'open' AND connected_at >= $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = since.ToUnixTimeMilliseconds() });
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Waits until so many have opened since a moment.</summary>
    public async Task UntilOpenAsync(int count, DateTimeOffset since, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience + TimeSpan.FromSeconds(count / 10));
        while (await CountOpenAsync(since, patience.Token) < count)
            await Task.Delay(100, patience.Token);
    }

    /// <summary>Sends a text. Returns null when the server has accepted it, else what was wrong.</summary>
    public async Task<string?> SendAsync(string instance, string to, string text, CancellationToken cancellationToken)
    {
        using var answer = await Http.PostAsJsonAsync($"/instances/{instance}/sendMessage", new { to, message = text, linkPreview = false }, cancellationToken);
        return answer.StatusCode == System.Net.HttpStatusCode.OK ? null : $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}";
    }

    /// <summary>One text each way, so that sessions, statements and code are there before anything is measured.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        Say("warming up");
        await Parallel.ForEachAsync(_pairs, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (pair, token) =>
        {
            for (var i = 0; i < 2; i++)
            {
                if (await SendAsync(pair.Instance, pair.Contact.PhoneNumber, $"warm {i}", token) is { } problem)
                    throw new InvalidOperationException(problem);
                pair.Contact.SendText(pair.Owner.PhoneNumber, $"warm {pair.Instance} {i}");
            }
        });
        await UntilQuietAsync(cancellationToken);
    }

    /// <summary>Waits until the product does next to nothing: a few percent of one processor for a second.</summary>
    public async Task UntilQuietAsync(CancellationToken cancellationToken)
    {
        // Keep-alive of many instances never ends.
        var quiet = 0.02 + 0.03 * _silos.Count + 0.0001 * _pairs.Count;
        for (var tries = 0; tries < 60; tries++)
        {
            var before = Cpu;
            await Task.Delay(1000, cancellationToken);
            if ((Cpu - before).Product < quiet)
                return;
        }
    }

    /// <summary>Resident memory of the silos, MB.</summary>
    public double SiloMemory => _silos.Sum(silo => ProcessFigures.Memory(silo.Id).Resident);

    /// <summary>Resident memory of the gateway, MB.</summary>
    public double GatewayMemory => ProcessFigures.Memory(_gateway!.Id).Resident;

    /// <summary>The only silo's heap after a full collection.</summary>
    public Task<HeapFigures> CollectAsync(CancellationToken cancellationToken) => HeapQuestion.AskAsync(_memory, _silos[0].Id, cancellationToken);

    /// <summary>What a run may not leave behind.</summary>
    public void Check(Report report)
    {
        if (Network is { Violations: > 0 } violated)
            report.Problems.Add(string.Join("; ", violated.LastViolations));
        if (Network is { MaxSocketsPerDevice: > 1 } doubled)
            report.Problems.Add($"{doubled.MaxSocketsPerDevice} sockets of one device at the same time: {string.Join("; ", TakeOvers())}");
    }

    // What each of those devices did around it, and what was going on.
    private IEnumerable<string> TakeOvers()
    {
        var steps = _cluster.Network.Connections.Since(TimeSpan.Zero).ToLookup(step => (step.PhoneNumber, step.Device));
        return steps.Where(device => device.Any(step => step.Step == ConnectionStepKind.TakeOver)).Take(5).Select(device =>
            string.Join(", ", device.Select(step => (step.At, What: step.Step.ToString())).Concat(_marks).OrderBy(step => step.At)
                .Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.What} {step.At.TotalSeconds:0.000}"))));
    }

    private void Mark(string what) => _marks.Add((_cluster.Network.Connections.Now, what));

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await _cluster.DisposeAsync();
        await Events.DisposeAsync();
        Directory.Delete(_memory, recursive: true);
    }
}

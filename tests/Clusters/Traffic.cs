using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Clusters;

/// <summary>A send through REST: repeated under the same id until it is accepted.</summary>
/// <param name="Instance">Who sent.</param>
/// <param name="MessageId">Chosen by the caller.</param>
/// <param name="Text">What.</param>
/// <param name="At">When it was first asked for.</param>
public sealed record TrafficSend(string Instance, string MessageId, string Text, DateTimeOffset At)
{
    /// <summary>How long until it was accepted.</summary>
    public TimeSpan Took { get; set; }
    /// <summary>Status codes of the answers before, 0 = none came.</summary>
    public List<int> Refusals { get; } = [];
    /// <summary>True after 200 or 202.</summary>
    public bool Accepted { get; set; }
}

/// <summary>
/// Texts in both directions for as long as it runs: a customer's phone writes to all instances in turn, and callers send from instances to that phone
/// through all gateways. Everything is numbered, so that <see cref="Invariants"/> can say afterwards what was lost, doubled or out of order.
/// </summary>
public sealed class Traffic : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly TestCluster _cluster;
    private volatile IReadOnlyList<HttpClient> _gateways;
    private readonly (string Id, VirtualPhone Phone)[] _instances;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _work = [];
    private readonly ConcurrentQueue<TrafficSend> _sends = new();
    private readonly ConcurrentDictionary<string, int> _written = new(StringComparer.Ordinal);
    private int _next;

    private Traffic(TestCluster cluster, HttpClient[] gateways, (string, VirtualPhone)[] instances, VirtualPhone customer) =>
        (_cluster, _gateways, _instances, Customer) = (cluster, gateways, instances, customer);

    /// <summary>The phone everything goes to and comes from.</summary>
    public VirtualPhone Customer { get; }
    /// <summary>Callers take these in turn; may be changed while it runs.</summary>
    public IReadOnlyList<HttpClient> Gateways
    {
        get => _gateways;
        set => _gateways = value;
    }
    /// <summary>All sends so far, also those not accepted yet.</summary>
    public IReadOnlyCollection<TrafficSend> Sends => _sends;
    /// <summary>How many texts the customer wrote to each instance: "to ID 1" … "to ID N".</summary>
    public IReadOnlyDictionary<string, int> Written => _written;
    /// <summary>The cluster it runs through.</summary>
    public TestCluster Cluster => _cluster;
    /// <summary>Instances and their phones.</summary>
    public IReadOnlyList<(string Id, VirtualPhone Phone)> Instances => _instances;

    /// <summary>Starts it.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="gateways">Callers take them in turn.</param>
    /// <param name="instances">All are open.</param>
    /// <param name="customer">Everything goes to and comes from this phone.</param>
    /// <param name="perSecond">Texts per second in each direction.</param>
    /// <param name="callers">Sends under way at once.</param>
    public static Traffic Start(TestCluster cluster, IEnumerable<HttpClient> gateways, IEnumerable<(string Id, VirtualPhone Phone)> instances, VirtualPhone customer, double perSecond, int callers = 8)
    {
        var traffic = new Traffic(cluster, [.. gateways], [.. instances], customer);
        traffic._work.Add(Task.Run(() => traffic.WriteAsync(perSecond)));
        for (var caller = 0; caller < callers; caller++)
            traffic._work.Add(Task.Run(() => traffic.CallAsync(TimeSpan.FromSeconds(callers / perSecond))));
        return traffic;
    }

    /// <summary>Asks for nothing more; what was asked for is carried to its end.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_work);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WriteAsync(double perSecond)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / perSecond));
        for (var turn = 0; !_stop.IsCancellationRequested; turn++)
        {
            var (id, phone) = _instances[turn % _instances.Length];
            var number = _written.GetValueOrDefault(id) + 1;
            Customer.SendText(phone.PhoneNumber, $"to {id} {number}");
            _written[id] = number;
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task CallAsync(TimeSpan period)
    {
        // Not all at the same moment.
        await Task.Delay(period * RandomNumberGenerator.GetInt32(100) / 100);
        while (!_stop.IsCancellationRequested)
        {
            var turn = Interlocked.Increment(ref _next);
            var (id, _) = _instances[turn % _instances.Length];
            var send = new TrafficSend(id, Convert.ToHexString(RandomNumberGenerator.GetBytes(10)), $"from {id} {turn}", TimeProvider.System.GetUtcNow());
            _sends.Enqueue(send);
            var clock = Stopwatch.StartNew();
            await SendAsync(send, clock, turn);
            if (period - clock.Elapsed is { } rest && rest > TimeSpan.Zero)
                await Task.Delay(rest);
        }
    }

    private async Task SendAsync(TrafficSend send, Stopwatch clock, int turn)
    {
        while (clock.Elapsed < Patience)
        {
            var status = 0;
            try
            {
                var gateways = _gateways;
                using var answer = await gateways[turn++ % gateways.Count].PostAsJsonAsync($"/instances/{send.Instance}/sendMessage", new { to = Customer.PhoneNumber, message = send.Text, messageId = send.MessageId });
                status = (int)answer.StatusCode;
                if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted)
                {
                    (send.Accepted, send.Took) = (true, clock.Elapsed);
                    return;
                }
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                // The gateway died, or its answer did not come.
            }
            send.Refusals.Add(status);
            await Task.Delay(Pause);
        }
        send.Took = clock.Elapsed;
    }
}

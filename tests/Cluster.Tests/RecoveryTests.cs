using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Clusters;

namespace WhatsApp.Cluster.Tests;

/// <summary>Callers of a gateway while the silos behind it die and change.</summary>
[Trait("Category", "chaos")]
public sealed class RecoveryTests
{
    private const int Callers = 8;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_gateway_whose_only_silo_stops_refuses_in_time_and_answers_as_soon_as_there_is_another()
    {
        await using var cluster = await TestCluster.StartAsync();
        var first = await cluster.StartSiloAsync();
        var (_, http) = await cluster.StartGatewayAsync();
        using var client = http;
        var ana = cluster.AddPhone("Ana");
        await cluster.LinkAsync(http, "shop", cluster.AddPhone("Shop"));
        Assert.Equal(0, await first.Process.TerminateAsync());

        // Nobody there: an answer all the same, to a read and to a send, and the load balancer is told.
        var (reading, sending) = (http.GetAsync(new Uri("/instances/shop/status", UriKind.Relative)), SendAsync(http, "shop", ana.PhoneNumber, "lost", null));
        using (var read = await reading)
            await IsBusyAsync(read);
        using (var send = await sending)
            await IsBusyAsync(send);
        using (var ready = await http.GetAsync(new Uri("/readyz", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);

        var second = await cluster.StartSiloAsync();
        await cluster.UntilAsync(() => TestCluster.IsOpenOnAsync(http, "shop", second.Name), "the instance is open on the new silo");
        await TestCluster.SendAsync(http, "shop", ana.PhoneNumber, "hello again");
        await cluster.UntilAsync(async () =>
        {
            using var ready = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
            return ready.StatusCode == HttpStatusCode.OK;
        }, "the gateway is ready");
    }

    [Fact]
    public async Task Sends_through_the_kill_of_their_silo_all_end_well_and_reach_the_phone_once()
    {
        await using var cluster = await TestCluster.StartAsync();
        (ProductProcess Process, string Name)[] silos = [await cluster.StartSiloAsync(), await cluster.StartSiloAsync(), await cluster.StartSiloAsync()];
        var (_, http) = await cluster.StartGatewayAsync();
        using var client = http;
        var ana = cluster.AddPhone("Ana");
        await cluster.LinkAsync(http, "shop", cluster.AddPhone("Shop"));
        var owner = await TestCluster.NodeAsync(http, "shop");

        // Every second caller gives an idempotency key: both ways a repeat is known.
        var ids = new ConcurrentDictionary<string, string>();
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var count = 0; !stop.IsCancellationRequested; count++)
            {
                var text = $"text {caller}-{count}";
                ids[text] = await SendUntilTakenAsync(http, ana.PhoneNumber, text, caller % 2 == 0 ? Guid.NewGuid().ToString() : null).WaitAsync(Enough);
            }
        })).ToList();
        await cluster.UntilAsync(() => Task.FromResult(ids.Count >= 5 * Callers), "sends are under way");
        await silos.Single(silo => silo.Name == owner).Process.KillAsync();
        var before = ids.Count;
        await cluster.UntilAsync(() => TestCluster.IsOpenOnAsync(http, "shop", [.. silos.Select(silo => silo.Name).Where(name => name != owner)]), "the instance is open elsewhere");
        await cluster.UntilAsync(() => Task.FromResult(ids.Count >= before + 5 * Callers), "sends go on");
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        await cluster.UntilAsync(() => Task.FromResult(ana.Messages.Count >= ids.Count), "all texts reach Ana");
        Assert.Equal(ids.OrderBy(sent => sent.Key, StringComparer.Ordinal).Select(sent => (sent.Key, sent.Value)),
            ana.Messages.OrderBy(message => message.Text, StringComparer.Ordinal).Select(message => (message.Text!, message.MessageId)));
        Assert.Equal(0, cluster.Network.Stats.Violations);
    }

    // 200 or 202; a 503 names the message, which is asked for again under that id, or under the same key.
    private static async Task<string> SendUntilTakenAsync(HttpClient http, string to, string text, string? key)
    {
        string? id = null;
        while (true)
        {
            using var answer = await SendAsync(http, "shop", to, text, id, key);
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
            if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted)
            {
                Assert.Equal(id ?? body.GetProperty("messageId").GetString(), body.GetProperty("messageId").GetString());
                return body.GetProperty("messageId").GetString()!;
            }
            await IsBusyAsync(answer);
            // Without an id nothing was begun.
            if (key is null && body.TryGetProperty("messageId", out var named))
                id = named.GetString();
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, string instance, string to, string message, string? messageId, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/instances/{instance}/sendMessage", UriKind.Relative))
        {
            Content = JsonContent.Create(messageId is null ? new { to, message } : (object)new { to, message, messageId }),
        };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request);
    }

    private static async Task IsBusyAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode}: {text}");
        Assert.Equal("instance-busy", JsonDocument.Parse(text).RootElement.GetProperty("code").GetString());
        Assert.NotNull(answer.Headers.RetryAfter);
    }
}

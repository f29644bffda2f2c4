using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Gateway.Tests;

/// <summary>A gateway of a cluster whose silos die under its calls: the call is done, its answer lost.</summary>
public sealed class RepeatedSendTests : IAsyncLifetime
{
    private static readonly object Text = new { to = "5511900000002", message = "once" };
    private readonly TestGateway _gateway = new();
    private readonly LosingSilos _silos = new();
    private readonly List<string?> _ids = [];
    private readonly List<bool> _new = [];

    public async ValueTask InitializeAsync()
    {
        _gateway.Parts = services =>
        {
            services.AddSingleton(new ClusterConnection(isRemote: true) { Silos = 1 });
            services.AddSingleton<IOutgoingGrainCallFilter>(_silos);
        };
        await _gateway.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Every_kind_of_send_is_asked_for_again_under_one_id()
    {
        var id = await OpenAsync();
        (HttpMethod Method, string Path, object? Body)[] kinds =
        [
            (HttpMethod.Post, "sendMessage", Text),
            (HttpMethod.Post, "sendLocation", new { to = "5511900000002", latitude = 1.5, longitude = 2.5 }),
            (HttpMethod.Post, "sendContact", new { to = "5511900000002", contactName = "Ana", contactNumber = "5511900000003" }),
            (HttpMethod.Post, "sendPoll", new { to = "5511900000002", name = "which", options = new[] { "a", "b" } }),
            (HttpMethod.Post, "sendReaction", new { to = "5511900000002", messageId = "3EB0AAAAAAAAAAAAAAAAAA", emoji = "👍" }),
            (HttpMethod.Post, "sendToLid", new { lid = "900000000000002", message = "once", type = "text" }),
            (HttpMethod.Patch, "messages/3EB0AAAAAAAAAAAAAAAAAA", new { to = "5511900000002", message = "new" }),
            (HttpMethod.Post, "messages/3EB0AAAAAAAAAAAAAAAAAA/forward", new { to = "5511900000002" }),
            (HttpMethod.Post, "messages/3EB0AAAAAAAAAAAAAAAAAA/vote", new { to = "5511900000002", options = new[] { "a" } }),
            (HttpMethod.Post, "messages/3EB0AAAAAAAAAAAAAAAAAA/pin", new { to = "5511900000002" }),
            (HttpMethod.Delete, "messages/3EB0AAAAAAAAAAAAAAAAAA", null),
        ];
        var seen = new HashSet<string>();
        foreach (var (method, path, body) in kinds)
        {
            _ids.Clear();
            _new.Clear();
            _silos.Lose(nameof(IInstanceGrain.SendAsync), 2);
            var answer = await _gateway.SendAsync(method, $"/instances/{id}/{path}", body);
            Assert.True(answer.Status == 200, $"{path}: {answer.Text}");
            Assert.Equal([answer["messageId"], answer["messageId"], answer["messageId"]], _ids);
            Assert.Equal([true, false, false], _new);
            Assert.Matches("^3EB0[A-F0-9]{18}$", answer["messageId"]);
            Assert.True(seen.Add(answer["messageId"]!), path);
        }
    }

    [Fact]
    public async Task The_callers_own_id_is_kept_and_a_send_that_finds_nobody_names_it()
    {
        var id = await OpenAsync();
        _silos.Lose(nameof(IInstanceGrain.SendAsync), int.MaxValue);
        var busy = (await _gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "once", messageId = "ABCDEF0123456789" })).IsProblem(503, "instance-busy");
        Assert.NotNull(busy.Headers.RetryAfter);
        Assert.Equal("ABCDEF0123456789", busy["messageId"]);
        Assert.All(_ids, sent => Assert.Equal("ABCDEF0123456789", sent));
        Assert.DoesNotContain(true, _new);
        _silos.Lose(nameof(IInstanceGrain.SendAsync), 0);
        Assert.Equal("ABCDEF0123456789", (await _gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "once", messageId = "ABCDEF0123456789" }))["messageId"]);
    }

    [Theory]
    [InlineData(nameof(IIdempotencyGrain.BeginAsync))]
    [InlineData(nameof(IIdempotencyGrain.CompleteAsync))]
    [InlineData(nameof(IInstanceGrain.SendAsync))]
    public async Task Under_an_idempotency_key_it_is_one_message_whichever_answer_is_lost(string method)
    {
        var id = await OpenAsync();
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        _silos.Lose(method, 1);
        var first = await _gateway.PostAsync($"/instances/{id}/sendMessage", Text, key);
        Assert.True(first.Status == 200, first.Text);
        Assert.Equal(first["messageId"], Assert.Single(_ids.Distinct()));
        Assert.DoesNotContain(true, _new);
        Assert.Equal(first.Text, (await _gateway.PostAsync($"/instances/{id}/sendMessage", Text, key)).Text);
    }

    [Fact]
    public async Task Reads_are_asked_for_again_and_changes_are_not_done_twice()
    {
        var id = await OpenAsync();
        _silos.Lose(nameof(IInstanceGrain.GetStatusAsync), 2);
        Assert.Equal(200, (await _gateway.GetAsync($"/instances/{id}/status")).Status);
        _silos.Lose(nameof(IInstanceGrain.RestartAsync), 1);
        (await _gateway.PostAsync($"/instances/{id}/restart")).IsProblem(503, "instance-busy");
        Assert.Equal(1, (await _gateway.Devices.DeviceAsync(id)).Restarts);
    }

    [Fact]
    public async Task A_key_that_could_not_be_looked_up_is_looked_up_again_whatever_is_asked()
    {
        var (id, _, token) = await _gateway.CreateAsync(open: true);
        _silos.Lose(nameof(IApiKeyGrain.FindAsync), 2);
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Post, $"/instances/{id}/sendMessage", Text, token)).Status);
    }

    [Fact]
    public async Task Without_a_silo_reads_and_sends_are_refused_in_time()
    {
        var id = await OpenAsync();
        _gateway.Services.GetRequiredService<ClusterConnection>().Silos = 0;
        var (read, send) = (_gateway.GetAsync($"/instances/{id}/status"), _gateway.PostAsync($"/instances/{id}/sendMessage", Text));
        Assert.NotNull((await read).IsProblem(503, "instance-busy").Headers.RetryAfter);
        Assert.NotNull((await send).IsProblem(503, "instance-busy").Headers.RetryAfter);
        Assert.Equal(503, (await _gateway.GetAsync("/readyz")).Status);
        Assert.Empty(_ids);
    }

    private async Task<string> OpenAsync()
    {
        var (id, device, _) = await _gateway.CreateAsync(open: true);
        device.OnSend = (message, _) =>
        {
            _ids.Add(message.MessageId);
            _new.Add(message.IsNewId);
            return Task.FromResult(new SentMessage(message.MessageId!, message.To ?? Protocol.Binary.Jid.Parse("5511900000002@s.whatsapp.net"), 1, MessageStatus.ServerAck));
        };
        return id;
    }

    /// <summary>Does the call, and loses the answer.</summary>
    private sealed class LosingSilos : IOutgoingGrainCallFilter
    {
        private readonly Lock _lock = new();
        private string? _method;
        private int _left;

        public void Lose(string method, int count)
        {
            lock (_lock)
                (_method, _left) = (method, count);
        }

        public async Task Invoke(IOutgoingGrainCallContext context)
        {
            await context.Invoke();
            lock (_lock)
                if (context.MethodName != _method || _left == 0)
                    return;
                else
                    _left--;
            throw new SiloUnavailableException("gone");
        }
    }
}

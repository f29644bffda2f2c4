using WhatsApp.Protocol.Store;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private static CreateInstance Request() => new()
    {
        Webhooks = [new WebhookEndpoint { Url = "https://example.org/hook", Secret = "a-secret-of-16-chars", Events = ["*"], Headers = new Dictionary<string, string> { ["X-A"] = "b" } }],
        Metadata = new Dictionary<string, string> { ["customerId"] = "42", ["plan"] = "gold" },
        Settings = new InstanceSettings { DeviceName = "Firefox (Linux)" },
        Network = "sandbox",
        Connect = false,
    };

    private static InstanceQuery Query(int limit = 50, string? cursor = null, string? status = null, string? text = null, Dictionary<string, string>? metadata = null) =>
        new(limit, cursor, status, text, metadata ?? []);

    private async Task<string[]> ListedAsync(InstanceQuery query) => [.. (await Instances.ListAsync(query, None)).Items.Select(item => item.InstanceId)];

    private async Task SetStatusAsync(string id, StatusLine line, bool? desired = null)
    {
        var epoch = (await Sessions.ClaimAsync(id, "silo-1", None)).Epoch;
        await Sessions.CommitAsync(id, epoch, Batch(status: line, desired: desired), None);
    }

    [Fact]
    public async Task A_definition_comes_back_whole_with_its_secrets()
    {
        Assert.True(await Instances.TryCreateAsync(Definition(Ana, Request(), desired: false), None));

        var found = (await Instances.FindAsync(Ana, None))!;

        Assert.False(found.Desired);
        Assert.Equal(Time.GetUtcNow(), found.CreatedAt);
        Assert.Equal("a-secret-of-16-chars", found.Request.Webhooks[0].Secret);
        Assert.Equal(["*"], found.Request.Webhooks[0].Events);
        Assert.Equal("b", found.Request.Webhooks[0].Headers["X-A"]);
        Assert.Equal("exponential", found.Request.Webhooks[0].Retries.Policy);
        Assert.Equal("42", found.Request.Metadata["customerId"]);
        Assert.Equal("Firefox (Linux)", found.Request.Settings.DeviceName);
        Assert.Equal("sandbox", found.Request.Network);
        Assert.False(found.Request.Connect);
        Assert.Null(await Instances.FindAsync("nobody", None));
    }

    [Fact]
    public async Task A_taken_id_is_refused_and_the_first_stays()
    {
        Assert.True(await Instances.TryCreateAsync(Definition(Ana, Request()), None));
        Assert.False(await Instances.TryCreateAsync(Definition(Ana), None));
        Assert.Equal("sandbox", (await Instances.FindAsync(Ana, None))!.Request.Network);
    }

    [Fact]
    public async Task A_summary_shows_the_status_line_and_no_webhook_secret()
    {
        await QueueAsync(Ana, 1, 2, 3);
        var at = Time.GetUtcNow();
        await SetStatusAsync(Ana, new StatusLine("open", "5511900000001:12@s.whatsapp.net", "777:12@lid", "Ana", at, at.AddSeconds(5), new DisconnectReport("connection_lost", 500, at, true)));
        Assert.True(await Instances.TryCreateAsync(Definition(Bia, Request()), None));

        var ana = (await Instances.FindSummaryAsync(Ana, None))!;
        Assert.Equal("open", ana.Status);
        Assert.Equal("5511900000001", ana.PhoneNumber);
        Assert.Equal("5511900000001@s.whatsapp.net", ana.Jid);
        Assert.Equal("777@lid", ana.Lid);
        Assert.Equal("Ana", ana.PushName);
        Assert.Equal("silo-1", ana.Node);
        Assert.Equal(at, ana.ConnectedAt);
        Assert.Equal(at.AddSeconds(5), ana.LastSeenAt);
        Assert.Equal(new DisconnectReport("connection_lost", 500, at, true), ana.LastDisconnect);
        Assert.Equal(3, ana.WebhookBacklog);
        var bia = (await Instances.FindSummaryAsync(Bia, None))!;
        Assert.Equal("created", bia.Status);
        Assert.Null(bia.Webhooks[0].Secret);
        Assert.Null(bia.LastDisconnect);
        Assert.Equal("Firefox (Linux)", bia.Settings.DeviceName);
    }

    [Fact]
    public async Task Lists_page_in_id_order_and_tell_the_total()
    {
        foreach (var id in new[] { "c", "a", "e", "b", "d" })
            Assert.True(await Instances.TryCreateAsync(Definition(id), None));

        var first = await Instances.ListAsync(Query(limit: 2), None);
        var second = await Instances.ListAsync(Query(limit: 2, cursor: first.NextCursor), None);
        var third = await Instances.ListAsync(Query(limit: 2, cursor: second.NextCursor), None);

        Assert.Equal(["a", "b", "c", "d", "e"], first.Items.Concat(second.Items).Concat(third.Items).Select(item => item.InstanceId));
        Assert.Null(third.NextCursor);
        Assert.All([first, second, third], page => Assert.Equal(5, page.Total));
    }

    [Fact]
    public async Task Lists_filter_by_status_text_and_metadata()
    {
        Assert.True(await Instances.TryCreateAsync(Definition(Ana, Request()), None));
        Assert.True(await Instances.TryCreateAsync(Definition(Bia, Request() with { Metadata = new Dictionary<string, string> { ["customerId"] = "43", ["plan"] = "gold" } }), None));
        Assert.True(await Instances.TryCreateAsync(Definition("shop_1"), None));
        await SetStatusAsync(Bia, new StatusLine("open", "5511900000002:1@s.whatsapp.net", null, "Loja da BIA É", null, null, null));

        Assert.Equal([Bia], await ListedAsync(Query(status: "open")));
        Assert.Equal([Ana, "shop_1"], await ListedAsync(Query(status: "created")));
        Assert.Equal([Bia], await ListedAsync(Query(text: "LOJA")));
        Assert.Equal([Bia], await ListedAsync(Query(text: "bia é")));
        Assert.Equal([Bia], await ListedAsync(Query(text: "900000002")));
        Assert.Equal(["shop_1"], await ListedAsync(Query(text: "p_1")));
        Assert.Empty(await ListedAsync(Query(text: "%")));
        Assert.Equal([Ana, Bia], await ListedAsync(Query(metadata: new() { ["plan"] = "gold" })));
        Assert.Equal([Ana], await ListedAsync(Query(metadata: new() { ["plan"] = "gold", ["customerId"] = "42" })));
        Assert.Equal(1, (await Instances.ListAsync(Query(limit: 1, status: "open", text: "bia", metadata: new() { ["customerId"] = "43" }), None)).Total);
    }

    [Fact]
    public async Task Desired_instances_come_recently_active_first_with_their_owner()
    {
        foreach (var id in new[] { "a", "b", "c", "d" })
            Assert.True(await Instances.TryCreateAsync(Definition(id), None));
        var at = Time.GetUtcNow();
        await SetStatusAsync("b", new StatusLine("open", null, null, null, null, at.AddMinutes(-5), null));
        await SetStatusAsync("c", new StatusLine("open", null, null, null, null, at, null));
        await SetStatusAsync("d", new StatusLine("closed", null, null, null, null, at, null), desired: false);

        Assert.Equal([("c", "silo-1"), ("b", "silo-1"), ("a", null)], await Instances.ListDesiredAsync(None));
    }

    [Fact]
    public async Task Messages_count_more_than_connections_for_who_comes_first_and_the_next_owner_knows_when_the_last_was()
    {
        var at = Time.GetUtcNow();
        foreach (var (id, minutes) in new[] { ("a", 1), ("b", 9), ("c", 5) })
        {
            Assert.True(await Instances.TryCreateAsync(Definition(id), None));
            var owned = await Sessions.ClaimAsync(id, "silo-1", None);
            Assert.Null(owned.LastActiveAt);
            await Sessions.CommitAsync(id, owned.Epoch, Batch() with { ActiveAt = at.AddMinutes(-minutes) }, None);
        }
        await SetStatusAsync("b", new StatusLine("open", null, null, null, null, at, null));

        Assert.Equal(["a", "c", "b"], (await Instances.ListDesiredAsync(None)).Select(instance => instance.InstanceId));
        Assert.Equal(at.AddMinutes(-9).ToUnixTimeMilliseconds(), (await Sessions.ClaimAsync("b", "silo-2", None)).LastActiveAt?.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Deleting_with_purge_leaves_nothing()
    {
        await FillAsync();

        Assert.True(await Instances.DeleteAsync(Ana, purge: true, None));

        Assert.False(await Instances.DeleteAsync(Ana, purge: true, None));
        Assert.Null(await Instances.FindAsync(Ana, None));
        Assert.Null(await Instances.FindSummaryAsync(Ana, None));
        Assert.Empty(await Instances.ListDesiredAsync(None));
        Assert.Null(await Sessions.LoadCredentialsAsync(Ana, None));
        Assert.Null(await SessionAsync());
        Assert.Empty(await Sessions.LoadPreKeysAsync(Ana, [1], None));
        Assert.Empty(await Sessions.LoadLidMappingsAsync(Ana, [Phone], None));
        Assert.Empty(await Sessions.LoadMessagesAsync(Ana, [Message("A1").Key], None));
        Assert.Empty(await Outbox.CountAsync([Ana], None));
        Assert.Null(await Gateway.FindKeyAsync("hash-ana", None));
    }

    [Fact]
    public async Task Deleting_without_purge_keeps_messages_and_events_and_a_new_instance_counts_on()
    {
        await FillAsync();

        Assert.True(await Instances.DeleteAsync(Ana, purge: false, None));

        Assert.Null(await SessionAsync());
        Assert.NotEmpty(await Sessions.LoadMessagesAsync(Ana, [Message("A1").Key], None));
        Assert.Equal(1, (await Outbox.CountAsync([Ana], None))[Ana]);
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await Outbox.FindNeglectedAsync(TimeSpan.FromSeconds(30), 10, None));
        Assert.True(await Instances.TryCreateAsync(Definition(Ana), None));
        Assert.Equal(7, (await Sessions.ClaimAsync(Ana, "silo-1", None)).LastSequence);
    }

    private async Task FillAsync()
    {
        var epoch = await CreateAndClaimAsync(Ana, Request());
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            device.Credentials = Credentials();
            device.Sessions[Address] = [1];
            device.Identities[Address] = [2];
            device.NewPreKeys.Add(new(1, Keys(10)));
            device.LidMappings.Add(new(Phone, Lid, "usync", 1));
            device.DeviceLists[Phone] = new([0], 1);
            Put(device, Message("A1"));
        }, [Event(7)], 7), None);
        await Gateway.PutKeyAsync("hash-ana", new ApiKeyInfo(["send"], Ana), "ana", None);
    }

    [Fact]
    public async Task What_was_asked_for_is_replaced_by_the_owner_only()
    {
        var epoch = await CreateAndClaimAsync(Ana, new CreateInstance { Metadata = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } });
        var request = new CreateInstance { Metadata = new Dictionary<string, string> { ["b"] = "3", ["c"] = "4" }, Settings = new InstanceSettings { AutoRead = true }, WantedNumber = "5511" };

        await Instances.ReplaceAsync(Ana, epoch, request, None);

        var stored = (await Instances.FindAsync(Ana, None))!.Request;
        Assert.Equal((true, "5511"), (stored.Settings.AutoRead, stored.WantedNumber));
        Assert.Equal(request.Metadata, stored.Metadata);
        Assert.Empty((await Instances.ListAsync(new InstanceQuery(10, null, null, null, new Dictionary<string, string> { ["a"] = "1" }), None)).Items);
        Assert.Single((await Instances.ListAsync(new InstanceQuery(10, null, null, null, new Dictionary<string, string> { ["b"] = "3", ["c"] = "4" }), None)).Items);
        await Assert.ThrowsAsync<FencedException>(async () => await Instances.ReplaceAsync(Ana, epoch - 1, request, None));
        await Assert.ThrowsAsync<FencedException>(async () => await Instances.ReplaceAsync("nobody", epoch, request, None));
    }
}

using System.Globalization;
using System.Text.Json;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Sends that wait, on a linked instance and over a kill.</summary>
public sealed class QueueTests(LinkedShop shop) : IClassFixture<LinkedShop>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static string In(TimeSpan span) => (TimeProvider.System.GetUtcNow() + span).ToString("O", CultureInfo.InvariantCulture);

    [Fact]
    public async Task An_async_send_is_answered_with_its_place_and_leaves_after_showing_typing()
    {
        var ana = shop.Product.AddPhone("Ana");
        var (status, answer) = await shop.PostAsync("sendMessage", new { to = ana.PhoneNumber, message = "one moment", delay = 500, presence = "recording", async = true });

        Assert.Equal((202, "queued"), (status, Text(answer, "status")));
        Assert.True(answer.GetProperty("position").GetInt32() >= 1);
        Assert.NotEqual(default, answer.GetProperty("estimatedAt").GetDateTimeOffset());
        await ana.WaitForSignalAsync(signal => signal.State == "recording", default).WaitAsync(Patience);
        Assert.Equal(Text(answer, "messageId"), (await ana.WaitForMessageAsync(message => message.Text == "one moment", default).WaitAsync(Patience)).MessageId);
    }

    [Fact]
    public async Task Scheduled_messages_are_listed_and_can_be_taken_back()
    {
        var ana = shop.Product.AddPhone("Ana");
        var (status, answer) = await shop.PostAsync("sendMessage", new { to = ana.PhoneNumber, message = "tomorrow", sendAt = In(TimeSpan.FromDays(1)), priority = 3, clientRef = "order-7" });
        Assert.Equal((202, "scheduled"), (status, Text(answer, "status")));
        var id = Text(answer, "messageId")!;

        var listed = (await shop.GetAsync("queue")).Body.GetProperty("items").EnumerateArray().Single(item => Text(item, "messageId") == id);
        Assert.Equal(("scheduled", "text", "order-7", 3), (Text(listed, "status"), Text(listed, "type"), Text(listed, "clientRef"), listed.GetProperty("priority").GetInt32()));
        Assert.Equal(answer.GetProperty("estimatedAt").GetDateTimeOffset(), listed.GetProperty("sendAt").GetDateTimeOffset(), TimeSpan.FromMilliseconds(2));
        Assert.Equal("scheduled", Text((await shop.GetAsync($"messages/{id}")).Body, "status"));

        Assert.Equal((200, "cancelled"), await DeleteAsync(id, "status"));
        Assert.Equal((404, "message-not-found"), await DeleteAsync(id, "code"));
        Assert.Equal(("failed", "cancelled"), (Text((await shop.GetAsync($"messages/{id}")).Body, "status"), Text((await shop.GetAsync($"messages/{id}")).Body, "failure")));
        Assert.DoesNotContain((await shop.GetAsync("queue")).Body.GetProperty("items").EnumerateArray(), item => Text(item, "messageId") == id);
    }

    [Fact]
    public async Task Pages_of_the_queue_hold_every_message_once()
    {
        var ana = shop.Product.AddPhone("Ana");
        HashSet<string> ids = [];
        for (var i = 0; i < 5; i++)
            ids.Add(Text((await shop.PostAsync("sendMessage", new { to = ana.PhoneNumber, message = $"later {i}", sendAt = In(TimeSpan.FromDays(2)) })).Body, "messageId")!);
        List<string> seen = [];
        string? cursor = null;
        do
        {
            var page = (await shop.GetAsync($"queue?limit=2{(cursor is null ? "" : "&cursor=" + cursor)}")).Body;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => Text(item, "messageId")!));
            cursor = Text(page, "nextCursor");
        }
        while (cursor is not null);
        Assert.Equal(ids.Order(), seen.Where(ids.Contains).Order());
        foreach (var id in ids)
            await DeleteAsync(id, "status");
    }

    [Fact]
    public async Task A_scheduled_message_survives_a_kill_and_arrives_once()
    {
        await using var product = await Product.StartAsync();
        var (phone, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", phone, product.Inbox.Url);
        var sendAt = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2);
        var answer = await product.Gateway.PostAsync("/instances/shop/sendMessage", new { to = ana.PhoneNumber, message = "kept", sendAt = sendAt.ToString("O", CultureInfo.InvariantCulture) }, 202);
        await product.Gateway.KillAsync();

        await product.Gateway.StartAsync();

        var arrived = await ana.WaitForMessageAsync(message => message.Text == "kept", default).WaitAsync(Patience);
        Assert.True(TimeProvider.System.GetUtcNow() >= sendAt);
        Assert.Equal(Text(answer, "messageId"), arrived.MessageId);
        await product.Inbox.WaitAsync(inbox => inbox.Of("message.sent").Any(e => Text(e.GetProperty("data"), "messageId") == arrived.MessageId), "message.sent");
        Assert.Single(ana.Messages, message => message.Text == "kept");
        Assert.Equal(1, product.Network.Stats.Pairings);
    }

    private async Task<(int, string?)> DeleteAsync(string messageId, string field)
    {
        using var response = await shop.Product.Gateway.Http.DeleteAsync($"/instances/shop/queue/{messageId}");
        return ((int)response.StatusCode, Text(JsonElement.Parse(await response.Content.ReadAsStringAsync()), field));
    }
}

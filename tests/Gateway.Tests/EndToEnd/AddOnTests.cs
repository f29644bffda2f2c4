using System.Text.Json;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Votes, pins and answers to events: REST → phone, and phone → webhook.</summary>
public sealed class AddOnTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Votes_go_both_ways_and_the_results_are_told()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        var ours = Id(await product.Gateway.PostAsync("/instances/shop/sendPoll", new { to = ana.PhoneNumber, name = "Lunch?", options = new[] { "Pizza", "Sushi" } }, 200));
        using var patience = new CancellationTokenSource(Patience);
        await ana.WaitForMessageAsync(one => one.MessageId == ours, patience.Token);
        ana.Send(new PhoneWriting(shop.PhoneNumber, "pollVote", null, Target: ours, Options: ["Sushi"]));
        await product.Inbox.WaitAsync(inbox => inbox.Of("poll.vote").Count == 1, "the vote");
        var told = product.Inbox.Of("poll.vote")[0].GetProperty("data");
        Assert.Equal((ours, "Sushi", true), (told.GetProperty("pollMessageId").GetString(), told.GetProperty("selectedOptions")[0].GetString(), told.GetProperty("readable").GetBoolean()));
        Assert.Equal(ana.PhoneNumber + "@s.whatsapp.net", told.GetProperty("results")[1].GetProperty("voters")[0].GetString());

        var theirs = ana.Send(new PhoneWriting(shop.PhoneNumber, "poll", "When?", Options: ["Now", "Later"]));
        await product.Inbox.WaitAsync(inbox => inbox.Of("message.received").Any(e => e.GetProperty("data").GetProperty("messageId").GetString() == theirs), "her poll");
        var vote = Id(await product.Gateway.PostAsync($"/instances/shop/messages/{theirs}/vote", new { options = new[] { "Later" } }, 200));
        var seen = await ana.WaitForMessageAsync(one => one.MessageId == vote, patience.Token);
        Assert.Equal(("pollVote", theirs), (seen.Type, PhoneContent.Read(seen).TargetId));
        Assert.Equal(["Later"], PhoneContent.Read(seen).Chosen ?? []);
        await product.Inbox.WaitAsync(inbox => inbox.Of("poll.vote").Count == 2, "our own vote");
        Assert.True(product.Inbox.Of("poll.vote")[1].GetProperty("data").GetProperty("fromMe").GetBoolean());

        await product.Gateway.PostAsync($"/instances/shop/messages/{theirs}/vote", new { }, 422);
        await product.Gateway.PostAsync($"/instances/shop/messages/{theirs}/vote", new { options = new[] { "Never" } }, 422);
        await product.Gateway.PostAsync("/instances/shop/messages/NONE/vote", new { options = new[] { "Now" } }, 404);
    }

    [Fact]
    public async Task Pins_and_answers_to_events_are_told()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        var sent = Id(await product.Gateway.PostAsync("/instances/shop/sendMessage", new { to = ana.PhoneNumber, message = "important" }, 200));
        var pin = Id(await product.Gateway.PostAsync($"/instances/shop/messages/{sent}/pin", new { duration = 86400 }, 200));
        using var patience = new CancellationTokenSource(Patience);
        var seen = await ana.WaitForMessageAsync(one => one.MessageId == pin, patience.Token);
        Assert.Equal(("pin", sent), (seen.Type, PhoneContent.Read(seen.Content).TargetId));
        ana.Send(new PhoneWriting(shop.PhoneNumber, "pin", null, Target: sent) { Undo = true });
        await product.Inbox.WaitAsync(inbox => inbox.Of("message.pinned").Count == 2, "both pins");
        Assert.Equal([true, false], product.Inbox.Of("message.pinned").Select(e => e.GetProperty("data").GetProperty("value").GetBoolean()));

        var happening = ana.Send(new PhoneWriting(shop.PhoneNumber, "event", "Party"));
        ana.Send(new PhoneWriting(shop.PhoneNumber, "eventResponse", null, Target: happening) { Answer = "maybe" });
        await product.Inbox.WaitAsync(inbox => inbox.Of("event.response").Count == 1, "the answer");
        var answer = product.Inbox.Of("event.response")[0].GetProperty("data");
        Assert.Equal((happening, "maybe"), (answer.GetProperty("eventMessageId").GetString(), answer.GetProperty("response").GetString()));
        await product.Gateway.PostAsync($"/instances/shop/messages/{sent}/pin", new { duration = 5 }, 422);
        Assert.Equal(0, product.Network.Stats.Violations);
    }

    private static string Id(JsonElement answer) => answer.TryGetProperty("messageId", out var id) ? id.GetString()! : throw new InvalidOperationException(answer.GetRawText());
}

using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Every kind of message without media: REST → phone, and phone → webhook.</summary>
public sealed class SendKindsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_kind_is_decrypted_by_the_phone_it_is_sent_to()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        var to = ana.PhoneNumber;

        var first = await SendAsync("sendMessage", new { to, message = "first" });
        var reply = (await SeenAsync("sendMessage", new { to, message = "reply", quoted = new { key = new { id = first } }, mentions = new[] { to }, ephemeralExpiration = 86400 }))!;
        Assert.Equal(("text", "reply", first, "first", 86400u), (reply.Type, reply.Text, reply.Content.QuotedId, reply.Content.QuotedText, reply.Content.Expiration!.Value));
        Assert.Equal([ana.Lid.ToString()], reply.Content.Mentions!);

        var place = await SeenAsync("sendLocation", new { to, latitude = -23.5, longitude = -46.6, name = "Shop", address = "Rua 1" });
        Assert.Equal(("location", -23.5, -46.6, "Shop", "Rua 1"), (place.Type, place.Content.Latitude!.Value, place.Content.Longitude!.Value, place.Content.Name, place.Content.Address));

        var card = await SeenAsync("sendContact", new { to, contactName = "Bia", contactNumber = "+55 11 90000-0009" });
        Assert.Equal(("contact", "Bia"), (card.Type, card.Text));
        Assert.Contains("waid=5511900000009:+5511900000009\n", Assert.Single(card.Content.Vcards!), StringComparison.Ordinal);
        var cards = await SeenAsync("sendContact", new { to, contacts = new[] { new { fullName = "A", phoneNumber = "5511900000001" }, new { fullName = "B", phoneNumber = "5511900000002" } } });
        Assert.Equal(("contacts", 2), (cards.Type, cards.Content.Vcards!.Count));

        var poll = await SeenAsync("sendPoll", new { to, name = "Pizza?", options = new[] { "yes", "no" } });
        Assert.Equal(("poll", "Pizza?"), (poll.Type, poll.Content.Question));
        Assert.Equal(["yes", "no"], poll.Content.Options!);

        var reaction = await SeenAsync("sendReaction", new { to, messageId = first, emoji = "👍" });
        Assert.Equal(("reaction", "👍", first), (reaction.Type, reaction.Content.Emoji, reaction.Content.TargetId));

        var lid = await SeenAsync("sendToLid", new { lid = ana.Lid.User, message = "by lid" });
        Assert.Equal("by lid", lid.Text);

        var forward = await PhoneAsync(Id(await product.Gateway.PostAsync($"/instances/shop/messages/{first}/forward", new { to }, 200)));
        Assert.Equal(("first", 1u), (forward.Text, forward.Content.ForwardingScore!.Value));

        using (var edited = await product.Gateway.Http.PatchAsJsonAsync($"/instances/shop/messages/{first}", new { message = "changed" }))
        {
            var edit = await PhoneAsync(Id(await edited.Content.ReadFromJsonAsync<JsonElement>()));
            Assert.Equal(("edited", "changed", first), (edit.Type, edit.Text, edit.Content.TargetId));
        }
        using (var deleted = await product.Gateway.Http.DeleteAsync($"/instances/shop/messages/{first}"))
        {
            var revoke = await PhoneAsync(Id(await deleted.Content.ReadFromJsonAsync<JsonElement>()));
            Assert.Equal(("deleted", first), (revoke.Type, revoke.Content.TargetId));
        }

        await product.Inbox.WaitAsync(inbox => inbox.Of("message.deleted").Count == 1, "message.deleted of our own");
        Assert.Equal("changed", Data("message.edited").GetProperty("text").GetString());
        Assert.Equal(first, Data("message.reaction").GetProperty("targetMessageId").GetString());
        Assert.Equal(first, (await product.Gateway.GetAsync($"/instances/shop/messages/{first}")).GetProperty("messageId").GetString());
        Assert.Equal(0, product.Network.Stats.Violations);

        string Id(JsonElement answer) => answer.TryGetProperty("messageId", out var id) ? id.GetString()! : throw new InvalidOperationException(answer.GetRawText());
        JsonElement Data(string name) => Assert.Single(product.Inbox.Of(name)).GetProperty("data");
        async Task<string> SendAsync(string endpoint, object body) => Id(await product.Gateway.PostAsync("/instances/shop/" + endpoint, body, 200));
        async Task<Seen> SeenAsync(string endpoint, object body) => await PhoneAsync(await SendAsync(endpoint, body));
        async Task<Seen> PhoneAsync(string id)
        {
            using var patience = new CancellationTokenSource(Patience);
            var message = await ana.WaitForMessageAsync(one => one.MessageId == id, patience.Token);
            return new Seen(message.Type, message.Text, PhoneContent.Read(message.Content));
        }
    }

    [Fact]
    public async Task Every_kind_that_a_phone_sends_becomes_its_event()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        var to = shop.PhoneNumber;

        var first = ana.Send(new PhoneWriting(to, "text", "first"));
        var kept = ana.Send(new PhoneWriting(to, "text", "kept"));
        ana.Send(new PhoneWriting(to, "location", "Home", Latitude: 1.5, Longitude: 2.5));
        ana.Send(new PhoneWriting(to, "contact", "Bia", Number: "5511900000009"));
        ana.Send(new PhoneWriting(to, "poll", "Pizza?", Options: ["yes", "no"]));
        ana.Send(new PhoneWriting(to, "reaction", "❤️", Target: first, TargetFromMe: true));
        ana.Send(new PhoneWriting(to, "edit", "changed", Target: first));
        ana.Send(new PhoneWriting(to, "delete", null, Target: first));

        await product.Inbox.WaitAsync(inbox => inbox.Of("message.deleted").Count == 1, "all events");
        var received = product.Inbox.Of("message.received").Select(e => e.GetProperty("data")).ToList();
        Assert.Equal(["text", "text", "location", "contact", "poll"], received.Select(data => data.GetProperty("type").GetString()!));
        Assert.Equal(1.5, received[2].GetProperty("location").GetProperty("latitude").GetDouble());
        Assert.Equal("5511900000009", received[3].GetProperty("contacts")[0].GetProperty("phones")[0].GetString());
        Assert.Equal("no", received[4].GetProperty("poll").GetProperty("options")[1].GetString());
        Assert.Equal((first, "❤️"), (Data("message.reaction").GetProperty("targetMessageId").GetString(), Data("message.reaction").GetProperty("emoji").GetString()));
        var edited = Data("message.edited");
        Assert.Equal((first, "changed", "first"), (edited.GetProperty("editedMessageId").GetString(), edited.GetProperty("text").GetString(), edited.GetProperty("previousText").GetString()));
        Assert.Equal((first, "changed"), (Data("message.deleted").GetProperty("messageId").GetString(), Data("message.deleted").GetProperty("previous").GetProperty("text").GetString()));

        var quoted = await product.Gateway.PostAsync("/instances/shop/sendMessage", new { to = ana.PhoneNumber, message = "to that", quotedMessageId = kept }, 200);
        using var patience = new CancellationTokenSource(Patience);
        var reply = await ana.WaitForMessageAsync(one => one.MessageId == quoted.GetProperty("messageId").GetString(), patience.Token);
        Assert.Equal(kept, PhoneContent.Read(reply.Content).QuotedId);
        Assert.Equal("deleted", (await product.Gateway.GetAsync($"/instances/shop/messages/{first}")).GetProperty("status").GetString());
        await product.Gateway.PostAsync("/instances/shop/sendMessage", new { to = ana.PhoneNumber, message = "to what is gone", quotedMessageId = first }, 404);

        JsonElement Data(string name) => Assert.Single(product.Inbox.Of(name)).GetProperty("data");
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_with_the_reason()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, null);
        var to = ana.PhoneNumber;

        await RefusedAsync("sendMessage", new { to, message = "x", quoted = "3EB0NONE" }, 404, "message-not-found");
        await RefusedAsync("sendReaction", new { to, messageId = "3EB0NONE", emoji = "x" }, 404, "message-not-found");
        await RefusedAsync("messages/3EB0NONE/forward", new { to }, 404, "message-not-found");
        await RefusedAsync("sendLocation", new { to, latitude = 91, longitude = 0 }, 422, "validation-failed");
        await RefusedAsync("sendPoll", new { to, name = "q", options = new[] { "same", "same" } }, 422, "validation-failed");
        await RefusedAsync("sendContact", new { to, contacts = Array.Empty<object>() }, 422, "validation-failed");
        await RefusedAsync("sendMessage", new { to, message = "x", ephemeralExpiration = 5 }, 422, "validation-failed");

        async Task RefusedAsync(string endpoint, object body, int status, string code) =>
            Assert.Equal(code, (await product.Gateway.PostAsync("/instances/shop/" + endpoint, body, status)).GetProperty("code").GetString());
    }

    private sealed record Seen(string Type, string? Text, PhoneContent Content);
}

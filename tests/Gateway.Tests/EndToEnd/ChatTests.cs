using System.Text.Json;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>/instances/{id}/chats/{jid} and the account's own presence on a linked instance.</summary>
public sealed class ChatTests(LinkedShop shop) : IClassFixture<LinkedShop>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private async Task<string> ReceiveAsync(VirtualPhone author, string text)
    {
        var id = author.SendText(shop.Phone.PhoneNumber, text);
        await shop.EventAsync("message.received", data => Text(data, "messageId") == id);
        return id;
    }

    [Fact]
    public async Task Read_receipts_reach_the_author_for_named_messages_and_for_everything_unread()
    {
        var ana = shop.Product.AddPhone("Ana");
        string[] ids = [await ReceiveAsync(ana, "one"), await ReceiveAsync(ana, "two"), await ReceiveAsync(ana, "three")];

        var (status, answer) = await shop.PostAsync($"chats/{ana.PhoneNumber}/read", new { messageIds = new[] { ids[0], "UNKNOWN" } });
        Assert.Equal((200, ids[0], "UNKNOWN"), (status, answer.GetProperty("read")[0].GetString(), answer.GetProperty("unknown")[0].GetString()));
        (status, answer) = await shop.PostAsync($"chats/{ana.Lid}/read");
        Assert.Equal(200, status);
        Assert.Equal(ids[1..], answer.GetProperty("read").EnumerateArray().Select(id => id.GetString()));
        foreach (var id in ids)
            await ana.WaitForReceiptAsync(receipt => receipt.MessageId == id && receipt.Type == "read", default).WaitAsync(Patience);

        Assert.Equal(0, (await shop.PostAsync($"chats/{ana.Jid}/read")).Body.GetProperty("read").GetArrayLength());
        (status, var problem) = await shop.PostAsync($"chats/{ana.Jid}/read", new { messageIds = new[] { "UNKNOWN" } });
        Assert.Equal((404, "message-not-found"), (status, Text(problem, "code")));
        Assert.Equal(0, shop.Product.Network.Stats.Violations);
    }

    [Fact]
    public async Task Typing_is_shown_to_the_contact_and_the_contacts_typing_is_an_event()
    {
        var bia = shop.Product.AddPhone("Bia");
        foreach (var state in new[] { "composing", "recording", "paused" })
        {
            var (status, answer) = await shop.PostAsync($"chats/{bia.PhoneNumber}/typing", new { state });
            Assert.Equal((200, state, bia.Jid.ToString()), (status, Text(answer, "state"), Text(answer, "chatId")));
            await bia.WaitForSignalAsync(signal => signal.State == state, default).WaitAsync(Patience);
        }

        bia.SetTyping(shop.Phone.PhoneNumber, typing: true);
        var presence = (await shop.EventAsync("presence.update", data => Text(data, "chatId") == bia.Jid.ToString())).GetProperty("presences")[0];
        Assert.Equal((bia.Jid.ToString(), "composing"), (Text(presence, "jid"), Text(presence, "state")));
    }

    [Fact]
    public async Task Presence_is_shown_and_a_watched_contact_comes_and_goes_as_events()
    {
        var caio = shop.Product.AddPhone("Caio");
        caio.WatchPresence(shop.Phone.PhoneNumber);
        Assert.Equal(200, (await shop.PostAsync("presence", new { state = "available" })).Status);
        await caio.WaitForSignalAsync(signal => signal.State == "available", default).WaitAsync(Patience);
        Assert.Equal(200, (await shop.PostAsync($"chats/{caio.PhoneNumber}/presence")).Status);

        caio.SetPresence(available: true);
        await shop.EventAsync("presence.update", data => Is(data, "available"));
        caio.SetPresence(available: false);
        await shop.EventAsync("presence.update", data => Is(data, "unavailable") && data.GetProperty("presences")[0].GetProperty("lastSeen").ValueKind == JsonValueKind.Number);
        Assert.Equal("unavailable", Text((await shop.PostAsync("presence", new { state = "unavailable" })).Body, "state"));
        await caio.WaitForSignalAsync(_ => caio.Signals[^1].State == "unavailable", default).WaitAsync(Patience);

        bool Is(JsonElement data, string state) => Text(data, "chatId") == caio.Jid.ToString() && Text(data.GetProperty("presences")[0], "state") == state;
    }

    [Theory]
    [InlineData("chats/5511900000001/typing", """{}""", "/state"), InlineData("chats/5511900000001/typing", """{"state":"dancing"}""", "/state"), InlineData("chats/5511900000001/typing", """{"state":1}""", "/state")]
    [InlineData("presence", """{"state":"composing"}""", "/state"), InlineData("chats/5511900000001/read", """{"messageIds":[]}""", "/messageIds"), InlineData("chats/5511900000001/read", """{"messageIds":[1]}""", "/messageIds/0")]
    public async Task What_cannot_be_read_is_refused_with_its_place(string path, string body, string pointer)
    {
        var (status, problem) = await shop.PostAsync(path, JsonElement.Parse(body));
        Assert.Equal((422, "validation-failed"), (status, Text(problem, "code")));
        Assert.Contains(pointer, problem.GetProperty("errors").EnumerateArray().Select(error => Text(error, "pointer")));
    }

    [Theory, InlineData("Ana"), InlineData("1@newsletter"), InlineData("12@s.whatsapp.net"), InlineData("status@broadcast"), InlineData("x@g.us")]
    public async Task An_address_that_is_no_chat_is_refused(string jid)
    {
        var (status, problem) = await shop.PostAsync($"chats/{jid}/typing", new { state = "paused" });
        Assert.Equal((422, "invalid-recipient"), (status, Text(problem, "code")));
    }

    [Theory]
    [InlineData("120363020000000001", "120363020000000001@g.us"), InlineData("120363020000000001@g.us", "120363020000000001@g.us"), InlineData("5511900000001-1400000000", "5511900000001-1400000000@g.us")]
    [InlineData("5511900000001-1400000000@g.us", "5511900000001-1400000000@g.us"), InlineData("+55 (11) 90000-0001", "5511900000001@s.whatsapp.net"), InlineData("123@lid", "123@lid")]
    public async Task Chats_are_named_in_many_forms(string jid, string chat)
    {
        var (status, answer) = await shop.PostAsync($"chats/{jid}/typing", new { state = "paused" });
        Assert.Equal((200, chat), (status, Text(answer, "chatId")));
    }
}

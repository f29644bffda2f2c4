using System.Text.Json;
using WhatsApp.Sandbox.Groups;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Groups through REST and webhooks on a linked instance.</summary>
public sealed class GroupTests(LinkedShop shop) : IClassFixture<LinkedShop>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private (PhoneGroup Group, VirtualPhone Bia, VirtualPhone Caio) NewGroup(string subject)
    {
        var (bia, caio) = (shop.Product.AddPhone("Bia"), shop.Product.AddPhone("Caio"));
        return (shop.Product.Network.AddGroup(subject, [shop.Phone.PhoneNumber, bia.PhoneNumber, caio.PhoneNumber]), bia, caio);
    }

    [Fact]
    public async Task A_text_goes_to_a_group_in_every_way_of_writing_its_id_and_answers_come_as_events()
    {
        var (group, bia, caio) = NewGroup("Clientes");

        var (status, sent) = await shop.PostAsync("sendMessage", new { to = group.Id.ToString(), message = "oi a todos" });
        var (bare, second) = await shop.PostAsync("sendMessage", new { to = group.Id.User, message = "e mais" });
        bia.SendText(group.Id.ToString(), "oi loja");

        Assert.Equal((200, 200, group.Id.ToString(), group.Id.ToString()), (status, bare, Text(sent, "to"), Text(second, "to")));
        foreach (var phone in new[] { bia, caio, shop.Phone })
            await phone.WaitForMessageAsync(message => message.Text == "e mais", default).WaitAsync(Patience);
        var received = await shop.EventAsync("message.received", message => Text(message, "text") == "oi loja");
        Assert.Equal((group.Id.ToString(), true), (Text(received, "chatId"), received.GetProperty("isGroup").GetBoolean()));
        Assert.Equal((bia.Jid.ToString(), bia.PhoneNumber, bia.Lid.ToString()), (Text(received, "participant"), Text(received, "participantPhone"), Text(received, "lid")));
        var ack = await shop.EventAsync("message.ack", ack => Text(ack, "status") == "delivered" && Text(ack, "participant") == caio.Jid.ToString());
        Assert.Equal(group.Id.ToString(), Text(ack, "chatId"));
        Assert.Equal(0, shop.Product.Network.Stats.Violations);
    }

    [Fact]
    public async Task Every_content_goes_to_groups()
    {
        var (group, bia, _) = NewGroup("Tudo");
        var to = group.Id.ToString();
        bia.SendText(to, "pergunta");
        var question = Text(await shop.EventAsync("message.received", message => Text(message, "text") == "pergunta"), "messageId");

        var ids = new List<string?>();
        foreach (var (route, body) in new (string, object)[]
        {
            ("sendLocation", new { to, latitude = -23.5, longitude = -46.6, name = "Loja" }), ("sendContact", new { to, contactName = "Ana", contactNumber = "5511900000009" }),
            ("sendPoll", new { to, name = "Quando?", options = new[] { "hoje", "depois" } }), ("sendReaction", new { to, messageId = question, emoji = "👍" }),
            ("sendMessage", new { to, message = "resposta", quoted = question, mentions = "all" }),
        })
        {
            var (status, answer) = await shop.PostAsync(route, body);
            Assert.True(status == 200, $"{route}: {answer}");
            ids.Add(Text(answer, "messageId"));
        }
        using var edit = await shop.Product.Gateway.Http.PatchAsync($"/instances/shop/messages/{ids[^1]}", System.Net.Http.Json.JsonContent.Create(new { message = "resposta melhor" }));
        Assert.Equal(200, (int)edit.StatusCode);

        await bia.WaitForMessageAsync(message => message.Type == "edit" || message.Text == "resposta melhor", default).WaitAsync(Patience);
        Assert.Subset(bia.Messages.Select(message => message.MessageId).ToHashSet(), ids.ToHashSet()!);
        Assert.Equal(0, shop.Product.Network.Stats.Violations);
        Assert.Equal(0, shop.Product.Network.Stats.RetryReceipts);
    }

    [Fact]
    public async Task Groups_are_listed_and_shown_with_their_participants()
    {
        var (group, bia, _) = NewGroup("Equipe");

        var (_, list) = await shop.GetAsync("groups?limit=1000");
        var (status, info) = await shop.GetAsync($"groups/{group.Id.User}");

        Assert.Contains(list.GetProperty("items").EnumerateArray(), item => Text(item, "groupId") == group.Id.ToString() && item.GetProperty("size").GetInt32() == 3);
        Assert.Equal((200, "Equipe", shop.Phone.Lid.ToString(), shop.Phone.PhoneNumber, "lid"),
            (status, Text(info, "subject"), Text(info, "owner"), Text(info, "ownerPhone"), Text(info, "addressingMode")));
        Assert.False(info.GetProperty("settings").GetProperty("announcement").GetBoolean());
        var members = info.GetProperty("participants").EnumerateArray().ToDictionary(member => Text(member, "phoneNumber")!);
        Assert.Equal("superadmin", Text(members[shop.Phone.PhoneNumber], "admin"));
        Assert.Equal((bia.Lid.ToString(), null), (Text(members[bia.PhoneNumber], "lid"), Text(members[bia.PhoneNumber], "admin")));
    }

    [Fact]
    public async Task Groups_come_in_pages()
    {
        NewGroup("Um");
        NewGroup("Dois");
        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var (_, page) = await shop.GetAsync($"groups?limit=1&cursor={cursor}");
            seen.Add(Text(Assert.Single(page.GetProperty("items").EnumerateArray()), "groupId")!);
            cursor = Text(page, "nextCursor");
        }
        Assert.Equal(seen.Distinct().Order(StringComparer.Ordinal), seen);
        Assert.True(seen.Count >= 2);
    }

    [Fact]
    public async Task Unknown_and_foreign_groups_have_their_own_problems()
    {
        var (bia, caio) = (shop.Product.AddPhone("Bia"), shop.Product.AddPhone("Caio"));
        var foreign = shop.Product.Network.AddGroup("Outros", [bia.PhoneNumber, caio.PhoneNumber]).Id.ToString();

        foreach (var (group, expected) in new[] { ("120363999999999999@g.us", (404, "chat-not-found")), (foreign, (403, "not-a-group-member")) })
        {
            var (sendStatus, sendProblem) = await shop.PostAsync("sendMessage", new { to = group, message = "oi" });
            var (infoStatus, infoProblem) = await shop.GetAsync($"groups/{group}");
            Assert.Equal((expected, expected), ((sendStatus, Text(sendProblem, "code")!), (infoStatus, Text(infoProblem, "code")!)));
        }
        Assert.Equal(422, (await shop.PostAsync("sendMessage", new { to = bia.PhoneNumber, message = "oi", mentions = "all" })).Status);
    }

    [Fact]
    public async Task Changes_of_a_group_are_told()
    {
        var (group, bia, caio) = NewGroup("Antes");
        var id = group.Id.ToString();
        Assert.Equal("Antes", Text(await shop.EventAsync("group.join", joined => Text(joined, "groupId") == id), "subject"));

        group.Remove(caio.PhoneNumber);
        var removed = await shop.EventAsync("group.participants", change => Text(change, "groupId") == id && Text(change, "action") == "remove");
        group.Remove(shop.Phone.PhoneNumber);
        await shop.EventAsync("group.leave", left => Text(left, "groupId") == id);

        var person = Assert.Single(removed.GetProperty("participants").EnumerateArray());
        Assert.Equal((caio.Jid.ToString(), caio.Lid.ToString(), caio.PhoneNumber), (Text(person, "jid"), Text(person, "lid"), Text(person, "phoneNumber")));
        Assert.Equal((403, "not-a-group-member"), ((await shop.PostAsync("sendMessage", new { to = id, message = "ainda?" })) is var (status, problem) ? (status, Text(problem, "code")) : default));
        Assert.Equal([bia.PhoneNumber], group.Members);
    }
}

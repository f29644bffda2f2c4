using System.Text.Json.Nodes;

namespace WhatsApp.Interop.Tests;

/// <summary>Every kind of message without a file: the library → our instance → the webhook.</summary>
[Collection(Matrix.Name)]
public sealed class OurReceivesTests(MatrixFixture matrix)
{
    public static TheoryData<ThirdPartyLibrary> Libraries => Matrix.Libraries;

    [Theory, MemberData(nameof(Libraries))]
    public async Task Text_with_a_mention(ThirdPartyLibrary library)
    {
        var id = await SendAsync(library, "text", new() { ["text"] = "hello ação 😀", ["mentions"] = new JsonArray(matrix.Friend.Jid.ToString()) });
        var data = await matrix.Ours.WaitForMessageAsync(id);

        Assert.Equal(("text", "hello ação 😀"), (data.GetProperty("type").GetString(), data.GetProperty("text").GetString()));
        Assert.Equal(matrix[library].Phone.PhoneNumber, data.GetProperty("phoneNumber").GetString());
        Assert.Equal(1, data.GetProperty("mentions").GetArrayLength());
        InteropLog.ReceivedFrom(library, "sendMessage");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Reply(ThirdPartyLibrary library)
    {
        var asked = await matrix.Ours.SendAsync("sendMessage", matrix[library], new { message = "a question" });
        await matrix[library].Program.WaitForMessageAsync(asked);
        var data = await matrix.Ours.WaitForMessageAsync(await SendToLidAsync(library, "text", new() { ["text"] = "an answer", ["quoted"] = asked }));

        Assert.Equal(("an answer", asked), (data.GetProperty("text").GetString(), data.GetProperty("quoted").GetProperty("messageId").GetString()));
        InteropLog.ReceivedFrom(library, "reply");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Location(ThirdPartyLibrary library)
    {
        var id = await SendAsync(library, "location", new() { ["text"] = "Home", ["latitude"] = 1.5, ["longitude"] = -2.25 });
        var place = (await matrix.Ours.WaitForMessageAsync(id)).GetProperty("location");

        Assert.Equal((1.5, -2.25, "Home"), (place.GetProperty("latitude").GetDouble(), place.GetProperty("longitude").GetDouble(), place.GetProperty("name").GetString()));
        InteropLog.ReceivedFrom(library, "sendLocation");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Contact(ThirdPartyLibrary library)
    {
        var id = await SendAsync(library, "contact", new() { ["text"] = "Bia", ["number"] = "5511900000009" });
        var contact = (await matrix.Ours.WaitForMessageAsync(id)).GetProperty("contacts")[0];

        Assert.Equal("5511900000009", contact.GetProperty("phones")[0].GetString());
        InteropLog.ReceivedFrom(library, "sendContact");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Poll(ThirdPartyLibrary library)
    {
        var id = await SendAsync(library, "poll", new() { ["text"] = "Pizza?", ["options"] = new JsonArray("yes", "no") });
        var poll = (await matrix.Ours.WaitForMessageAsync(id)).GetProperty("poll");

        Assert.Equal(["yes", "no"], poll.GetProperty("options").EnumerateArray().Select(option => option.GetString()!));
        InteropLog.ReceivedFrom(library, "sendPoll");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Reaction_edit_and_deletion(ThirdPartyLibrary library)
    {
        var ours = await matrix.Ours.SendAsync("sendMessage", matrix[library], new { message = "react to me" });
        await matrix[library].Program.WaitForMessageAsync(ours);
        await SendToLidAsync(library, "reaction", new() { ["text"] = "❤️", ["target"] = ours });
        var reaction = await matrix.Ours.WaitAsync("message.reaction", data => data.GetProperty("targetMessageId").GetString() == ours);
        Assert.Equal("❤️", reaction.GetProperty("emoji").GetString());
        InteropLog.ReceivedFrom(library, "sendReaction");

        var first = await SendToLidAsync(library, "text", new() { ["text"] = "first" });
        await matrix.Ours.WaitForMessageAsync(first);
        await SendToLidAsync(library, "edit", new() { ["text"] = "second", ["target"] = first });
        var edit = await matrix.Ours.WaitAsync("message.edited", data => data.GetProperty("editedMessageId").GetString() == first);
        Assert.Equal("second", edit.GetProperty("text").GetString());
        InteropLog.ReceivedFrom(library, "edit");

        await SendToLidAsync(library, "delete", new() { ["target"] = first });
        await matrix.Ours.WaitAsync("message.deleted", data => data.GetProperty("messageId").GetString() == first);
        InteropLog.ReceivedFrom(library, "delete");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Text_to_our_LID(ThirdPartyLibrary library)
    {
        var id = await SendToLidAsync(library, "text", new() { ["text"] = "by hidden id" });

        Assert.Equal("by hidden id", (await matrix.Ours.WaitForMessageAsync(id)).GetProperty("text").GetString());
        InteropLog.ReceivedFrom(library, "sendToLid");
    }

    private Task<string> SendAsync(ThirdPartyLibrary library, string kind, JsonObject fields) => matrix[library].Program.SendAsync(kind, matrix.Ours.Address, fields);

    private Task<string> SendToLidAsync(ThirdPartyLibrary library, string kind, JsonObject fields) => matrix[library].Program.SendAsync(kind, matrix.Ours.Lid, fields);
}

using System.Text.Json;

namespace WhatsApp.Interop.Tests;

/// <summary>Every endpoint that sends without a file: our instance → REST → the library, decrypted by it.</summary>
[Collection(Matrix.Name)]
public sealed class OurSendsTests(MatrixFixture matrix)
{
    public static TheoryData<ThirdPartyLibrary> Libraries => Matrix.Libraries;

    [Theory, MemberData(nameof(Libraries))]
    public async Task Text_with_a_mention(ThirdPartyLibrary library)
    {
        var friend = matrix.Friend.PhoneNumber;
        var message = await SeenAsync(library, "sendMessage", new { message = $"hello @{friend}, ação 😀", mentions = new[] { friend } });

        Assert.Equal(("text", $"hello @{friend}, ação 😀"), (message["type"], message["text"]));
        Assert.Single(message.Fields.GetProperty("mentions").EnumerateArray());
        InteropLog.SentTo(library, "sendMessage");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Reply(ThirdPartyLibrary library)
    {
        var asked = await matrix[library].Program.SendTextAsync(matrix.Ours.Lid, "a question");
        await matrix.Ours.WaitForMessageAsync(asked);
        var message = await SeenAsync(library, "sendMessage", new { message = "an answer", quoted = asked });

        Assert.Equal(("an answer", asked, "a question"), (message["text"], message["quotedId"], message["quotedText"]));
        InteropLog.SentTo(library, "reply");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Location(ThirdPartyLibrary library)
    {
        var message = await SeenAsync(library, "sendLocation", new { latitude = -23.5, longitude = -46.625, name = "Shop", address = "Rua 1" });

        Assert.Equal(("location", "-23.5", "-46.625", "Shop", "Rua 1"), (message["type"], message["latitude"], message["longitude"], message["text"], message["address"]));
        InteropLog.SentTo(library, "sendLocation");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Contact_and_contacts(ThirdPartyLibrary library)
    {
        var one = await SeenAsync(library, "sendContact", new { contactName = "Bia", contactNumber = "+55 11 90000-0009" });
        Assert.Equal(("contact", "Bia"), (one["type"], one["text"]));
        Assert.Contains("waid=5511900000009:", one.Fields.GetProperty("vcards")[0].GetString(), StringComparison.Ordinal);

        var two = await SeenAsync(library, "sendContact",
            new { contacts = new[] { new { fullName = "A", phoneNumber = "5511900000001" }, new { fullName = "B", phoneNumber = "5511900000002" } } });
        Assert.Equal(("contacts", 2), (two["type"], two.Fields.GetProperty("vcards").GetArrayLength()));
        InteropLog.SentTo(library, "sendContact");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Poll(ThirdPartyLibrary library)
    {
        var message = await SeenAsync(library, "sendPoll", new { name = "Pizza?", options = new[] { "yes", "no" } });

        Assert.Equal(("poll", "Pizza?"), (message["type"], message["text"]));
        Assert.Equal(["yes", "no"], message.Fields.GetProperty("options").EnumerateArray().Select(option => option.GetString()!));
        InteropLog.SentTo(library, "sendPoll");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Reaction_edit_and_deletion(ThirdPartyLibrary library)
    {
        var (theirs, program) = (await matrix[library].Program.SendTextAsync(matrix.Ours.Lid, "react to me"), matrix[library].Program);
        await matrix.Ours.WaitForMessageAsync(theirs);
        var reaction = await SeenAsync(library, "sendReaction", new { messageId = theirs, emoji = "👍" });
        Assert.Equal(("reaction", "👍", theirs), (reaction["type"], reaction["text"], reaction["target"]));
        InteropLog.SentTo(library, "sendReaction");

        var first = await matrix.Ours.SendAsync("sendMessage", matrix[library], new { message = "first" });
        var edit = await program.WaitForMessageAsync(Id(await matrix.Service.CallAsync(HttpMethod.Patch, $"/instances/{matrix.Ours.Id}/messages/{first}", new { message = "second" })));
        Assert.Equal(("edited", "second", first), (edit["type"], edit["text"], edit["target"]));
        InteropLog.SentTo(library, "edit");

        var deletion = await program.WaitForMessageAsync(Id(await matrix.Service.CallAsync(HttpMethod.Delete, $"/instances/{matrix.Ours.Id}/messages/{first}")));
        Assert.Equal(("deleted", first), (deletion["type"], deletion["target"]));
        InteropLog.SentTo(library, "delete");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Forward(ThirdPartyLibrary library)
    {
        var theirs = await matrix[library].Program.SendTextAsync(matrix.Ours.Lid, "pass me on");
        await matrix.Ours.WaitForMessageAsync(theirs);
        var forward = await matrix[library].Program.WaitForMessageAsync(
            Id(await matrix.Service.CallAsync(HttpMethod.Post, $"/instances/{matrix.Ours.Id}/messages/{theirs}/forward", new { to = matrix[library].Phone.PhoneNumber })));

        Assert.Equal("pass me on", forward["text"]);
        Assert.True(forward.Is("forwarded"), forward.ToString());
        InteropLog.SentTo(library, "forward");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Text_to_a_LID(ThirdPartyLibrary library)
    {
        var answer = await matrix.Service.CallAsync(
            HttpMethod.Post, $"/instances/{matrix.Ours.Id}/sendToLid", new { lid = matrix[library].Phone.Lid.User, message = "by hidden id" });

        var message = await matrix[library].Program.WaitForMessageAsync(Id(answer));
        Assert.Equal("by hidden id", message["text"]);
        InteropLog.SentTo(library, "sendToLid");
    }

    private async Task<ClientEvent> SeenAsync(ThirdPartyLibrary library, string endpoint, object fields) =>
        await matrix[library].Program.WaitForMessageAsync(await matrix.Ours.SendAsync(endpoint, matrix[library], fields));

    private static string Id(JsonElement answer) => answer.GetProperty("messageId").GetString()!;
}

using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Interop.Tests;

/// <summary>Groups of our instance, a client of each library and a friend's phone: what one writes, all others decrypt.</summary>
[Collection(Matrix.Name)]
public sealed class GroupTests(MatrixFixture matrix)
{
    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(40)).Token;

    /// <summary>Baileys 6 reads in LID-addressed groups but cannot send there: it asks for LIDs as if they were phone numbers.</summary>
    public static TheoryData<ThirdPartyLibrary, AddressingMode> Senders => new()
    {
        { ThirdPartyLibrary.Baileys, AddressingMode.Phone }, { ThirdPartyLibrary.Zapo, AddressingMode.Phone }, { ThirdPartyLibrary.Zapo, AddressingMode.Lid },
    };

    [Theory, MemberData(nameof(Senders))]
    public async Task Text_of_the_library_reaches_all_members_again_and_again(ThirdPartyLibrary library, AddressingMode mode)
    {
        var group = NewGroup(mode);

        for (var round = 1; round <= 2; round++)
        {
            var text = $"round {round} of {group}";
            var id = await matrix[library].Program.SendAsync("text", group, new() { ["text"] = text });
            Assert.Equal(text, (await matrix.Friend.WaitForMessageAsync(one => one.MessageId == id, Limit)).Text);
            Assert.Equal(text, (await Other(library).Program.WaitForMessageAsync(id))["text"]);
            var data = await matrix.Ours.WaitForMessageAsync(id);
            Assert.Equal((text, group, true), (data.GetProperty("text").GetString(), data.GetProperty("chatId").GetString(), data.GetProperty("isGroup").GetBoolean()));
            Assert.Equal(matrix[library].Phone.PhoneNumber, data.GetProperty("participantPhone").GetString());
        }
        if (mode == AddressingMode.Phone)
            InteropLog.ReceivedFrom(library, "group");
    }

    [Theory]
    [InlineData(AddressingMode.Phone)]
    [InlineData(AddressingMode.Lid)]
    public async Task Text_of_our_instance_reaches_all_members_again_and_again(AddressingMode mode)
    {
        var group = NewGroup(mode);

        for (var round = 1; round <= 2; round++)
        {
            var text = $"our round {round} of {group}";
            var id = await matrix.Ours.SendTextAsync(group, text);
            Assert.Equal(text, (await matrix.Friend.WaitForMessageAsync(one => one.MessageId == id, Limit)).Text);
            foreach (var library in Enum.GetValues<ThirdPartyLibrary>())
                Assert.Equal(text, (await matrix[library].Program.WaitForMessageAsync(id))["text"]);
        }
        if (mode == AddressingMode.Lid)
            foreach (var library in Enum.GetValues<ThirdPartyLibrary>())
                InteropLog.SentTo(library, "group");
    }

    [Fact]
    public async Task Picture_of_our_instance_is_decrypted_by_all_members()
    {
        var group = NewGroup(AddressingMode.Lid);
        var id = await matrix.Ours.SendAsync("sendImage", group, new { base64 = Convert.ToBase64String(matrix.Samples["image"].Bytes), caption = "for all" });

        await matrix.Friend.WaitForMessageAsync(one => one.MessageId == id, Limit);
        var expected = Sample.Hash(await matrix.Friend.ReadMediaAsync(id, Limit));
        foreach (var library in Enum.GetValues<ThirdPartyLibrary>())
        {
            var message = await matrix[library].Program.WaitForMessageAsync(id);
            Assert.Equal(("image", "for all", expected), (message["type"], message["text"], message["sha256"]));
            InteropLog.SentTo(library, "groupImage");
        }
    }

    [Theory, MemberData(nameof(Matrix.Libraries), MemberType = typeof(Matrix))]
    public async Task Picture_of_the_library_is_stored_by_our_instance(ThirdPartyLibrary library)
    {
        var sample = matrix.Samples["image"];
        var id = await matrix[library].Program.SendAsync("image", NewGroup(AddressingMode.Phone), PhoneMediaTests.Fields(sample));

        Assert.Equal("stored", (await matrix.Ours.WaitForMessageAsync(id)).GetProperty("media").GetProperty("status").GetString());
        Assert.Equal(sample.Bytes, await matrix.Service.FetchAsync($"/instances/{matrix.Ours.Id}/messages/{id}/media"));
        InteropLog.ReceivedFrom(library, "groupImage");
    }

    [Theory, MemberData(nameof(Matrix.Libraries), MemberType = typeof(Matrix))]
    public async Task Text_of_a_phone_reaches_the_library(ThirdPartyLibrary library)
    {
        var group = NewGroup(AddressingMode.Lid);
        var id = matrix.Friend.SendText(group, "hello " + group);
        Assert.Equal("hello " + group, (await matrix[library].Program.WaitForMessageAsync(id))["text"]);
    }

    private LinkedClient Other(ThirdPartyLibrary library) => matrix[library == ThirdPartyLibrary.Baileys ? ThirdPartyLibrary.Zapo : ThirdPartyLibrary.Baileys];

    private string NewGroup(AddressingMode mode)
    {
        VirtualPhone[] members = [matrix.Friend, matrix.Ours.Phone, .. Enum.GetValues<ThirdPartyLibrary>().Select(library => matrix[library].Phone)];
        return matrix.Network.AddGroup("Team", [.. members.Select(phone => phone.PhoneNumber)], mode).Id.ToString();
    }
}

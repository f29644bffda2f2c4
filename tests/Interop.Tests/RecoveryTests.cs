using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Interop.Tests;

/// <summary>Messages that arrive damaged are asked for again and come whole: files, and in groups, both ways.</summary>
[Collection(Matrix.Name)]
public sealed class RecoveryTests(MatrixFixture matrix)
{
    public static TheoryData<ThirdPartyLibrary> Libraries => Matrix.Libraries;

    [Theory, MemberData(nameof(Libraries))]
    public async Task Picture_damaged_on_its_way_from_us_is_sent_again(ThirdPartyLibrary library)
    {
        var id = matrix.Network.DamageNext(matrix[library].Device);
        await matrix.Ours.SendAsync("sendImage", matrix[library], new { messageId = id, base64 = Convert.ToBase64String(matrix.Samples["image"].Bytes), caption = "look" });

        var message = await matrix[library].Program.WaitForMessageAsync(id);
        Assert.Equal(("image", "look", message["claimed"]), (message["type"], message["text"], message["sha256"]));
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Picture_damaged_on_its_way_to_us_is_asked_for_again(ThirdPartyLibrary library)
    {
        var id = matrix.Network.DamageNext(matrix.Ours.Device);
        var fields = PhoneMediaTests.Fields(matrix.Samples["image"]);
        fields["id"] = id;
        await matrix[library].Program.SendAsync("image", matrix.Ours.Lid, fields);

        Assert.Equal("stored", (await matrix.Ours.WaitForMessageAsync(id)).GetProperty("media").GetProperty("status").GetString());
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Group_text_damaged_on_its_way_from_us_is_sent_again(ThirdPartyLibrary library)
    {
        var group = NewGroup(library);
        var id = matrix.Network.DamageNext(matrix[library].Device);
        await matrix.Ours.SendAsync("sendMessage", group, new { messageId = id, message = "damaged for " + library });

        Assert.Equal("damaged for " + library, (await matrix[library].Program.WaitForMessageAsync(id))["text"]);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Group_text_damaged_on_its_way_to_us_is_asked_for_again(ThirdPartyLibrary library)
    {
        var group = NewGroup(library);
        var id = matrix.Network.DamageNext(matrix.Ours.Device);
        await matrix[library].Program.SendAsync("text", group, new() { ["id"] = id, ["text"] = "damaged by " + library });

        var data = await matrix.Ours.WaitForMessageAsync(id);
        Assert.Equal(("damaged by " + library, group), (data.GetProperty("text").GetString(), data.GetProperty("chatId").GetString()));
    }

    private string NewGroup(ThirdPartyLibrary library)
    {
        VirtualPhone[] members = [matrix.Friend, matrix.Ours.Phone, matrix[library].Phone];
        return matrix.Network.AddGroup("Team", [.. members.Select(phone => phone.PhoneNumber)], AddressingMode.Phone).Id.ToString();
    }
}

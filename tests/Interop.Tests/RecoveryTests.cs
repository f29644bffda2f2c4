using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Faults;
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
        var retries = Damage(matrix[library].Device);
        var id = await matrix.Ours.SendAsync("sendImage", matrix[library], new { base64 = Convert.ToBase64String(matrix.Samples["image"].Bytes), caption = "look" });

        var message = await matrix[library].Program.WaitForMessageAsync(id);
        Assert.Equal(("image", "look", message["claimed"]), (message["type"], message["text"], message["sha256"]));
        Assert.True(matrix.Network.Stats.RetryReceipts > retries);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Picture_damaged_on_its_way_to_us_is_asked_for_again(ThirdPartyLibrary library)
    {
        var retries = Damage(matrix.Ours.Device);
        var id = await matrix[library].Program.SendAsync("image", matrix.Ours.Lid, PhoneMediaTests.Fields(matrix.Samples["image"]));

        Assert.Equal("stored", (await matrix.Ours.WaitForMessageAsync(id)).GetProperty("media").GetProperty("status").GetString());
        Assert.True(matrix.Network.Stats.RetryReceipts > retries);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Group_text_damaged_on_its_way_from_us_is_sent_again(ThirdPartyLibrary library)
    {
        var group = NewGroup(library);
        var retries = Damage(matrix[library].Device);
        var id = await matrix.Ours.SendTextAsync(group, "damaged for " + library);

        Assert.Equal("damaged for " + library, (await matrix[library].Program.WaitForMessageAsync(id))["text"]);
        Assert.True(matrix.Network.Stats.RetryReceipts > retries);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Group_text_damaged_on_its_way_to_us_is_asked_for_again(ThirdPartyLibrary library)
    {
        var group = NewGroup(library);
        var retries = Damage(matrix.Ours.Device);
        var id = await matrix[library].Program.SendAsync("text", group, new() { ["text"] = "damaged by " + library });

        var data = await matrix.Ours.WaitForMessageAsync(id);
        Assert.Equal(("damaged by " + library, group), (data.GetProperty("text").GetString(), data.GetProperty("chatId").GetString()));
        Assert.True(matrix.Network.Stats.RetryReceipts > retries);
    }

    /// <summary>Changes a byte of the next message to a device; gives the number of retry receipts before.</summary>
    private long Damage(Protocol.Binary.Jid device)
    {
        matrix.Network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, DeviceJid = device.ToString() });
        return matrix.Network.Stats.RetryReceipts;
    }

    private string NewGroup(ThirdPartyLibrary library)
    {
        VirtualPhone[] members = [matrix.Friend, matrix.Ours.Phone, matrix[library].Phone];
        return matrix.Network.AddGroup("Team", [.. members.Select(phone => phone.PhoneNumber)], AddressingMode.Phone).Id.ToString();
    }
}

using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Picture, about and addresses of a contact through the whole device.</summary>
public sealed class ContactProfileTests
{
    [Fact]
    public async Task A_contact_is_found_by_number_in_another_form_and_then_by_its_lid()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bia = rig.Network.AddPhone("551187654321", "Bia");
        (bia.About, bia.PictureId) = ("At the beach", "1700000001");
        var device = await rig.StartLinkedAsync();

        var byNumber = await GetAsync(device, new Jid("5511987654321", Jid.PhoneServer));
        var byLid = await GetAsync(device, bia.Lid, preview: true);

        foreach (var found in new[] { byNumber, byLid })
            Assert.Equal((true, bia.Jid, bia.Lid, "At the beach", "1700000001", false, false),
                (found.Exists, found.Phone, found.Lid, found.About, found.Picture?.Id, found.PictureHidden, found.AboutHidden));
        Assert.Equal(("image", "preview"), (byNumber.Picture!.Type, byLid.Picture!.Type));
        Assert.Equal((bia.Lid, "usync"), (rig.Store.LidMappings[bia.Jid].Lid, rig.Store.LidMappings[bia.Jid].Source));
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task A_lid_nobody_has_told_us_of_is_asked_as_such()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bia = rig.Network.AddPhone("551187654321", "Bia");
        bia.About = "At the beach";
        var device = await rig.StartLinkedAsync();
        var found = await GetAsync(device, bia.Lid);
        Assert.Equal((null, bia.Lid, "At the beach", null), (found.Exists, found.Lid, found.About, found.Picture));
    }

    [Fact]
    public async Task What_is_hidden_says_so_and_what_is_not_there_does_not()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bia = rig.Network.AddPhone("551187654321", "Bia");
        (bia.About, bia.PictureId, bia.HidesProfile) = ("At the beach", "1700000001", true);
        rig.Network.AddPhone("14155550100", "Amy");
        var device = await rig.StartLinkedAsync();

        var hidden = await GetAsync(device, bia.Jid);
        var empty = await GetAsync(device, new Jid("14155550100", Jid.PhoneServer));
        var nobody = await GetAsync(device, new Jid("5511900009999", Jid.PhoneServer));

        Assert.Equal((true, null, null, true, true), (hidden.Exists, hidden.About, hidden.Picture, hidden.PictureHidden, hidden.AboutHidden));
        Assert.Equal((true, null, null, false, false), (empty.Exists, empty.About, empty.Picture, empty.PictureHidden, empty.AboutHidden));
        Assert.Equal((false, new Jid("5511900009999", Jid.PhoneServer), null), (nobody.Exists, nobody.Phone, nobody.Lid));
    }

    [Fact]
    public async Task The_name_is_the_one_on_the_last_message()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bia = rig.Network.AddPhone("551187654321", "Bia");
        var device = await rig.StartLinkedAsync();
        Assert.Null((await GetAsync(device, bia.Jid)).PushName);
        bia.SendText(rig.Phone.PhoneNumber, "hello");
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Any());
        Assert.Equal("Bia", (await GetAsync(device, bia.Jid)).PushName);
    }

    [Fact]
    public async Task Without_a_connection_there_is_no_answer()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        await rig.StopNetworkAsync();
        await device.UntilAsync(DeviceStatus.Reconnecting);
        await Assert.ThrowsAsync<LinkClosedException>(() => GetAsync(device, new Jid("14155550100", Jid.PhoneServer)));
    }

    private static Task<ContactProfile> GetAsync(RunningDevice device, Jid account, bool preview = false) =>
        device.OnOwnerAsync(() => device.Device.GetContactAsync(account, preview, default));
}

using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Numbers checked through the whole device.</summary>
public sealed class NumberCheckTests
{
    [Fact]
    public async Task Numbers_are_found_in_every_national_form_and_their_lids_are_kept()
    {
        await using var rig = await DeviceRig.StartAsync();
        var brazilian = rig.Network.AddPhone("551187654321", "Bia");
        var mexican = rig.Network.AddPhone("5215512345678", "Max");
        var argentine = rig.Network.AddPhone("5491123456789", "Ari");
        var american = rig.Network.AddPhone("14155550100", "Amy");
        var device = await rig.StartLinkedAsync();
        string[] asked = ["5511987654321", "525512345678", "541123456789", "14155550100", "14155550101", "14155550100", rig.Phone.PhoneNumber];

        var found = await CheckAsync(device, asked);

        Assert.Equal(asked, found.Select(number => number.Asked.User));
        Assert.Equal([brazilian.Jid, mexican.Jid, argentine.Jid, american.Jid, null, american.Jid, rig.Phone.Jid], found.Select(number => number.Phone));
        Assert.Equal([brazilian.Lid, mexican.Lid, argentine.Lid, american.Lid, null, american.Lid, rig.Phone.Lid], found.Select(number => number.Lid));
        Assert.Equal([true, true, true, true, false, true, true], found.Select(number => number.Exists));
        Assert.All(new[] { brazilian, mexican, argentine, american }, phone =>
            Assert.Equal((phone.Lid, "usync"), (rig.Store.LidMappings[phone.Jid].Lid, rig.Store.LidMappings[phone.Jid].Source)));
    }

    [Fact]
    public async Task A_hundred_numbers_are_one_question_and_without_connection_there_is_no_answer()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        var found = await CheckAsync(device, [.. Enumerable.Range(0, 100).Select(i => $"55119900000{i:D2}")]);
        Assert.All(found, number => Assert.False(number.Exists));

        await rig.StopNetworkAsync();
        await device.UntilAsync(DeviceStatus.Reconnecting);
        await Assert.ThrowsAsync<LinkClosedException>(() => CheckAsync(device, ["14155550100"]));
    }

    private static Task<IReadOnlyList<CheckedNumber>> CheckAsync(RunningDevice device, params string[] digits) =>
        device.OnOwnerAsync(() => device.Device.CheckNumbersAsync([.. digits.Select(number => new Jid(number, Jid.PhoneServer))], default));
}

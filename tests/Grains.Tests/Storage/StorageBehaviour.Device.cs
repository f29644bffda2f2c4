using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    [Fact]
    public async Task Credentials_come_back_as_they_were()
    {
        var epoch = await CreateAndClaimAsync();
        Assert.Null(await Sessions.LoadCredentialsAsync(Ana, None));

        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.Credentials = Credentials()), None);

        var loaded = (await Sessions.LoadCredentialsAsync(Ana, None))!;
        Assert.Equal(Credentials().Jid, loaded.Jid);
        Assert.Equal(Credentials().Identity.IdentityKey.PrivateKey, loaded.Identity.IdentityKey.PrivateKey);
        Assert.Equal(31u, loaded.NextPreKeyId);
    }

    [Fact]
    public async Task Sessions_are_kept_by_address_and_found_by_account()
    {
        var epoch = await CreateAndClaimAsync();
        var other = Address with { Device = 0 };
        var stranger = new SignalAddress("999", Jid.LidServer, 0);
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            device.Sessions[Address] = [1];
            device.Sessions[other] = [2];
            device.Sessions[stranger] = [3];
            device.Identities[Address] = [.. Enumerable.Repeat((byte)5, 32)];
        }), None);

        Assert.Equal([Address, stranger], (await Sessions.LoadSessionsAsync(Ana, [Address, stranger, Address with { Device = 44 }], None)).Keys);
        Assert.Equal([2, 1], (await Sessions.LoadSessionsOfAsync(Ana, Phone, None)).OrderBy(pair => pair.Key.Device).Select(pair => pair.Value[0]));
        Assert.Equal(32, (await Sessions.LoadIdentitiesAsync(Ana, [Address, other], None))[Address].Length);

        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.Sessions[Address] = null; device.Identities[Address] = null; }), None);

        Assert.Null(await SessionAsync());
        Assert.Empty(await Sessions.LoadIdentitiesAsync(Ana, [Address], None));
    }

    [Fact]
    public async Task Pre_keys_wait_until_uploaded_and_go_when_used()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.NewPreKeys.AddRange([new(3, Keys(30)), new(1, Keys(10)), new(2, Keys(20))])), None);
        Assert.Equal([1u, 2u, 3u], (await Sessions.LoadUnuploadedPreKeysAsync(Ana, None)).Select(key => key.Id));

        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.UploadedPreKeys.AddRange([1, 2]); device.RemovedPreKeys.Add(2); }), None);

        Assert.Equal([3u], (await Sessions.LoadUnuploadedPreKeysAsync(Ana, None)).Select(key => key.Id));
        var left = await Sessions.LoadPreKeysAsync(Ana, [1, 2, 3], None);
        Assert.Equal([1u, 3u], left.Keys.Order());
        Assert.Equal(Keys(10).PrivateKey, left[1].Keys.PrivateKey);
        Assert.Equal(Keys(10).PublicKey, left[1].Keys.PublicKey);
    }

    [Fact]
    public async Task Lid_pairs_are_found_by_either_address_and_the_newest_wins()
    {
        var epoch = await CreateAndClaimAsync();
        var otherLid = new Jid("888", Jid.LidServer);
        var otherPhone = new Jid("5511900000009", Jid.PhoneServer);
        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.LidMappings.AddRange([new(Phone, Lid, "usync", 100), new(Phone, otherLid, "message", 50)])), None);

        Assert.Equal([new LidMapping(Phone, Lid, "usync", 100)], await Sessions.LoadLidMappingsAsync(Ana, [Phone, Lid], None));
        Assert.Empty(await Sessions.LoadLidMappingsAsync(Ana, [otherLid], None));

        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.LidMappings.Add(new(otherPhone, Lid, "message", 200))), None);

        Assert.Equal(otherPhone, Assert.Single(await Sessions.LoadLidMappingsAsync(Ana, [Lid.WithDevice(4)], None)).Phone);
    }

    [Fact]
    public async Task Device_lists_are_cached_and_dropped()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.DeviceLists[Phone] = new([0, 3, 12], 77); device.DeviceLists[Lid] = new([], 78); }), None);

        var lists = await Sessions.LoadDeviceListsAsync(Ana, [Phone, Lid], None);
        Assert.Equal([0, 3, 12], lists[Phone].Devices);
        Assert.Equal(77, lists[Phone].FetchedAt);
        Assert.Empty(lists[Lid].Devices);

        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.DeviceLists[Phone] = null), None);
        Assert.Equal([Lid], (await Sessions.LoadDeviceListsAsync(Ana, [Phone, Lid], None)).Keys);
    }

    [Fact]
    public async Task Forgetting_the_device_keeps_messages_and_what_the_same_batch_brings()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            device.Credentials = Credentials();
            device.Sessions[Address] = [1];
            device.Identities[Address] = [2];
            device.NewPreKeys.Add(new(1, Keys(10)));
            device.DeviceLists[Phone] = new([0], 1);
            device.SenderKeys[new(Group, Address)] = [3];
            device.SenderKeyMarks[new(Group, 7, Address)] = true;
            Put(device, Message("A1"));
        }), None);

        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.ForgetDevice = true; device.NewPreKeys.Add(new(9, Keys(90))); }), None);

        Assert.Null(await Sessions.LoadCredentialsAsync(Ana, None));
        Assert.Null(await SessionAsync());
        Assert.Empty(await Sessions.LoadIdentitiesAsync(Ana, [Address], None));
        Assert.Empty(await Sessions.LoadDeviceListsAsync(Ana, [Phone], None));
        Assert.Empty(await Sessions.LoadSenderKeysAsync(Ana, Group, [Address], None));
        Assert.Empty(await Sessions.LoadSenderKeyMarksAsync(Ana, Group, 7, None));
        Assert.Equal([9u], (await Sessions.LoadUnuploadedPreKeysAsync(Ana, None)).Select(key => key.Id));
        Assert.NotEmpty(await Sessions.LoadMessagesAsync(Ana, [Message("A1").Key], None));
    }

    [Fact]
    public async Task Instances_do_not_see_each_other()
    {
        var ana = await CreateAndClaimAsync();
        await CreateAndClaimAsync(Bia);
        await Sessions.CommitAsync(Ana, ana, Batch(device => { device.Sessions[Address] = [1]; Put(device, Message("A1")); }), None);

        Assert.Null(await SessionAsync(Bia));
        Assert.Empty(await Sessions.LoadMessagesAsync(Bia, [Message("A1").Key], None));
    }

    [Fact]
    public async Task Everything_survives_a_restart()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.Credentials = Credentials(); device.Sessions[Address] = [8]; Put(device, Message("A1")); }, [Event(1)], 1), None);

        await RestartAsync();

        Assert.Equal([8], await SessionAsync());
        Assert.Equal("Ana", (await Sessions.LoadCredentialsAsync(Ana, None))!.PushName);
        Assert.Equal([1, 1, 2], Assert.Single(await Outbox.ClaimAsync(Ana, "w1", 10, TimeSpan.FromMinutes(1), None)).Body);
        await Sessions.CommitAsync(Ana, epoch, WithSession([9]), None);
    }
}

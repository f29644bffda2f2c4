using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Sandbox.Phones;
using Xunit;
using ProtoMessage = WhatsApp.Protocol.Schema.Message;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>What a device keeps of files, and how it gets back those that have left the CDN (wire/05 §5).</summary>
public sealed class MediaRowTests
{
    private static async Task<(DeviceRig Rig, RunningDevice Device, VirtualPhone Bob)> StartAsync()
    {
        var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        return (rig, await rig.StartLinkedAsync(), bob);
    }

    private static async Task<StoredMedia> ReceiveAsync(DeviceRig rig, VirtualPhone bob, string type = "image")
    {
        var id = await bob.SendAsync(new PhoneWriting(rig.Phone.PhoneNumber, type, null) { Base64 = "AAECAwQ=" });
        await rig.Store.UntilAsync(store => store.Media.Keys.Any(key => key.Id == id));
        return rig.Store.Media.Values.Single(media => media.Key.Id == id);
    }

    private static Task<StoredMedia> AnswerAsync(DeviceRig rig, MessageKey key) => Task.Run(async () =>
    {
        await rig.Store.UntilAsync(store => store.Media[key].Answer != MediaAnswer.None);
        return rig.Store.Media[key];
    });

    [Fact]
    public async Task A_file_is_committed_with_its_message_and_its_event()
    {
        var (rig, _, bob) = await StartAsync();
        await using var cleanUp = rig;

        var media = await ReceiveAsync(rig, bob);

        var batch = Assert.Single(rig.Store.Batches, batch => batch.Media.ContainsKey(media.Key));
        Assert.True(batch.Messages.ContainsKey(media.Key));
        var message = Assert.Single(batch.Events.OfType<MessageArrived>()).Message;
        Assert.Equal((media.Key.Id, 5L), (message.MessageId, message.Media!.Size));
        Assert.Equal((32, 32, 5L, false), (media.MediaKey!.Length, media.FileEncSha256!.Length, media.FileLength, media.OwnUpload));
        Assert.Null(message.Raw);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_brought_back_by_our_phone_under_a_new_path()
    {
        var (rig, device, bob) = await StartAsync();
        await using var cleanUp = rig;
        var media = await ReceiveAsync(rig, bob);
        rig.Network.ExpireMedia();

        await device.OnOwnerAsync(() => device.Device.AskForFileAsync(media, default));

        var answered = await AnswerAsync(rig, media.Key);
        Assert.Equal(MediaAnswer.Found, answered.Answer);
        Assert.NotEqual(media.DirectPath, answered.DirectPath);
        Assert.Equal(media.MediaKey, answered.MediaKey);
        Assert.Equal(0, rig.Network.Stats.Violations);
    }

    [Fact]
    public async Task A_phone_without_the_file_refuses()
    {
        var (rig, device, bob) = await StartAsync();
        await using var cleanUp = rig;
        var media = await ReceiveAsync(rig, bob);
        rig.Phone.KeepsMedia = false;

        await device.OnOwnerAsync(() => device.Device.AskForFileAsync(media, default));

        Assert.Equal((MediaAnswer.Refused, media.DirectPath), ((await AnswerAsync(rig, media.Key)).Answer, rig.Store.Media[media.Key].DirectPath));
    }

    [Fact]
    public async Task A_question_under_another_key_is_refused_by_the_phone()
    {
        var (rig, device, bob) = await StartAsync();
        await using var cleanUp = rig;
        var media = await ReceiveAsync(rig, bob);

        await device.OnOwnerAsync(() => device.Device.AskForFileAsync(media with { MediaKey = new byte[32] }, default));

        // The answer opens under the phone's key of the message, and says that the question did not.
        Assert.Equal(MediaAnswer.Refused, (await AnswerAsync(rig, media.Key)).Answer);
    }

    [Fact]
    public async Task A_file_without_a_key_cannot_be_asked_for()
    {
        var (rig, device, _) = await StartAsync();
        await using var cleanUp = rig;
        var key = new MessageKey(Jid.Parse("5511900000002@s.whatsapp.net"), Jid.Parse("5511900000002@s.whatsapp.net"), "A1");

        await Assert.ThrowsAsync<ArgumentException>(() => device.OnOwnerAsync(() => device.Device.AskForFileAsync(new StoredMedia(key, false, "image"), default)));
    }

    [Fact]
    public async Task An_edited_caption_is_no_new_file()
    {
        var (rig, _, bob) = await StartAsync();
        await using var cleanUp = rig;
        var media = await ReceiveAsync(rig, bob);

        bob.SendMessage(rig.Phone.PhoneNumber, new ProtoMessage
        {
            ProtocolMessage = new()
            {
                Type = ProtoMessage.Types.ProtocolMessage.Types.Type.MessageEdit,
                Key = new() { RemoteJid = rig.Phone.Jid.ToString(), FromMe = true, Id = media.Key.Id },
                EditedMessage = new() { ImageMessage = new() { Caption = "changed", MediaKey = ByteString.CopyFrom(new byte[32]), DirectPath = "/elsewhere" } },
            },
        });
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Any(arrived => arrived.Message.Type == "edited"));

        Assert.Equal(media.DirectPath, Assert.Single(rig.Store.Media).Value.DirectPath);
    }
}

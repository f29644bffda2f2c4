using Google.Protobuf;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Messaging.Composers;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>See <see cref="IHeldMessages"/>: they are queued rows that <see cref="MessageSender.ResumeAsync"/> leaves alone.</summary>
internal sealed class HeldMessages(IDeviceLink link, MessageSender sender, LiveSends live, OutgoingStates states, Func<DeviceStep, StepView> viewOf)
{
    public async Task<SentMessage?> ReleaseAsync(string messageId, OutgoingMedia media, CancellationToken cancellationToken)
    {
        var outgoing = live.Join(messageId);
        StoredMessage row;
        try
        {
            row = await link.RunStepAsync(async (step, token) =>
            {
                var view = viewOf(step);
                if (await FindAsync(view, messageId, token) is not { } held)
                    return null;
                if (HeldContent.RecipeOf(held) is null)
                    return held;
                var released = held with { Content = Filled(held.Content!, media) };
                view.Rows.Put(released);
                return released;
            }, cancellationToken) ?? throw new SendFailedException("message-not-found", "there is no such message", null, messageId);
            await SettleAsync(row);
            if (IsLater(row))
            {
                live.Leave(outgoing);
                return null;
            }
        }
        catch
        {
            live.Leave(outgoing);
            throw;
        }
        return await live.WaitAsync(outgoing, cancellationToken);
    }

    public Task AbandonAsync(string messageId, SendFailedException failure, CancellationToken cancellationToken) => link.RunStepAsync(
        async (step, token) =>
        {
            var view = viewOf(step);
            if (await FindAsync(view, messageId, token) is { } row && HeldContent.RecipeOf(row) is not null)
            {
                await view.Lids.LoadAsync([row.Key.Chat], token);
                states.Fail(view, row, failure);
            }
            return true;
        },
        cancellationToken);

    // It may be over already: then nobody else tells.
    private async Task SettleAsync(StoredMessage row)
    {
        if (row.Status == MessageStatus.Failed)
            live.Settle(row, new SendFailedException(row.Failure ?? "whatsapp-error", "this message was refused before", null, row.Key.Id), row.Key.Chat);
        else if (row.Status >= MessageStatus.ServerAck)
            live.Settle(row, null, row.Key.Chat);
        else if (link.IsOpen && !IsLater(row))
            await sender.ResumeAsync(row);
    }

    // Asked after the commit: whoever watches the clock sees the file by then.
    private bool IsLater(StoredMessage row) => row.Status == MessageStatus.Queued && row.DueAt > link.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static async ValueTask<StoredMessage?> FindAsync(StepView view, string messageId, CancellationToken cancellationToken)
    {
        await view.Rows.LoadOutgoingAsync([messageId], cancellationToken);
        return view.Rows.Outgoing(messageId).FirstOrDefault();
    }

    private static byte[] Filled(byte[] held, OutgoingMedia media)
    {
        var message = Message.Parser.ParseFrom(held);
        MediaFields.Fill(MessageWrappers.Inmost(message), media);
        return message.ToByteArray();
    }
}

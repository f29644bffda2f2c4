using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Profile;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Tells authors that we read their messages (wire/04 §10.2): one receipt per author; <c>read-self</c> when the account sends no read receipts.
/// <code>&lt;receipt id to=chat type="read|read-self" t [participant=author]&gt;[&lt;list&gt;&lt;item id/&gt;…&lt;/list&gt;]&lt;/receipt&gt;</code>
/// </summary>
internal sealed class ReadReceipts(IDeviceLink link, Func<LidDirectory> lids, PrivacySettings privacy)
{
    private const int MaxUnread = 1000;
    private const int MaxPerReceipt = 256;

    /// <summary>See <see cref="IDeviceChats.MarkReadAsync"/>.</summary>
    public async Task<ReadMessages> MarkAsync(Jid chat, IReadOnlyList<string>? ids, CancellationToken cancellationToken)
    {
        if (!link.IsOpen)
            throw new LinkClosedException("the device is not connected");
        chat = chat.ToAccount();
        var type = await privacy.SendsReadReceiptsAsync(cancellationToken) ? "read" : "read-self";
        return await link.RunStepAsync(async (step, token) =>
        {
            var known = await lids().OpenAsync(step, [chat], token);
            Jid[] forms = known.OtherOf(chat) is { } other ? [chat, other] : [chat];
            var rows = ids is null
                ? await link.Store.LoadUnreadAsync(forms, MaxUnread, token)
                : [.. (await link.Store.LoadReceivedAsync(ids, token)).Where(row => forms.Contains(row.Key.Chat) && row.Status is MessageStatus.Received or MessageStatus.Read)];
            foreach (var row in rows)
                step.Batch.Messages[row.Key] = row with { Status = MessageStatus.Read };
            step.Send.AddRange(Of(rows, known.Canonical(chat), type, link.Time.GetUtcNow().ToUnixTimeSeconds()));
            var read = rows.Select(row => row.Key.Id).Distinct().ToList();
            return new ReadMessages(read, [.. (ids ?? []).Distinct().Except(read)]);
        }, cancellationToken);
    }

    /// <summary>The receipts for these messages of one chat. Pure.</summary>
    /// <param name="rows">Received messages.</param>
    /// <param name="to">The chat as it is addressed.</param>
    /// <param name="type">read | read-self.</param>
    /// <param name="at">Seconds since the Unix epoch.</param>
    public static IEnumerable<Node> Of(IEnumerable<StoredMessage> rows, Jid to, string type, long at)
    {
        foreach (var author in rows.GroupBy(row => to.IsUser ? default : row.Key.Sender))
            foreach (var part in author.OrderBy(row => row.Timestamp).ThenBy(row => row.CreatedAt).Select(row => row.Key.Id).Distinct().Chunk(MaxPerReceipt))
            {
                (string, string?)[] attributes =
                [
                    ("id", part[0]), ("to", to.ToString()), ("type", type), ("t", at.ToString(CultureInfo.InvariantCulture)),
                    ("participant", author.Key.IsEmpty ? null : author.Key.ToString()),
                ];
                yield return part.Length == 1
                    ? new Node("receipt", attributes)
                    : new Node("receipt", attributes, [new Node("list", [], [.. part.Skip(1).Select(id => new Node("item", ("id", id)))])]);
            }
    }
}

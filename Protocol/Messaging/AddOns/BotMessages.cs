using System.Text;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>
/// Answers of bots, <c>&lt;enc type="msmsg"&gt;</c> holding a MessageSecretMessage (wire/04 §14):
/// botSecret = HKDF(messageSecret of our prompt, info "Bot Message"); key = HKDF(botSecret, info = id ‖ targetSender ‖ bot);
/// AAD = id ‖ 00 ‖ bot.
/// </summary>
internal static class BotMessages
{
    /// <summary>The secret kept for a prompt's answers, 32 bytes.</summary>
    public static byte[] SecretOf(ReadOnlySpan<byte> messageSecret) => AddOnCipher.Expand(messageSecret, "Bot Message");

    /// <summary>Opens an answer.</summary>
    /// <param name="messageSecret">Secret of the prompt, message <c>&lt;meta target_id&gt;</c>.</param>
    /// <param name="id">The answer's id, or <c>edit_target_id</c> when it edits an earlier answer.</param>
    /// <param name="targetSender"><c>&lt;meta target_sender_jid&gt;</c>, or our own account.</param>
    /// <param name="bot">The bot.</param>
    /// <param name="box">Payload and IV.</param>
    /// <exception cref="AddOnException">It does not open.</exception>
    public static byte[] Open(ReadOnlySpan<byte> messageSecret, string id, Jid targetSender, Jid bot, SealedBytes box)
    {
        var key = AddOnCipher.Expand(SecretOf(messageSecret), $"{id}{targetSender.ToAccount()}{bot.ToAccount()}");
        return AddOnCipher.TryOpen(key, box, Encoding.UTF8.GetBytes($"{id}\0{bot.ToAccount()}")) ?? throw new AddOnException("The bot's message does not open.");
    }
}

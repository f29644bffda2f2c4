using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Linked devices that never connect: others must encrypt for them all the same. For load, where a real device each would cost too much.</summary>
public sealed partial class VirtualPhone
{
    /// <summary>Adds linked devices that have keys, and whose messages wait for ever.</summary>
    public void AddSilentCompanions(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (identity, id) = (KeyPair.Generate(), PreKeys.NewRegistrationId());
            var signed = PreKeys.NewSigned(1, identity);
            lock (_account.Gate)
            {
                var (number, keyIndex) = _account.ReserveDevice();
                var device = new Device(_account, number) { KeyIndex = keyIndex };
                device.Keys.SetIdentity(id, identity.PublicKey, new PublicSignedPreKey(signed.Id, signed.Keys.PublicKey, signed.Signature));
                device.Keys.Add(PreKeys.NewOneTime(1, 1).Select(key => new PublicPreKey(key.Id, key.Keys.PublicKey)));
                _account.Add(device);
                _lastKeyIndex = keyIndex;
            }
        }
        SignKeyIndexes();
    }
}

using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;

namespace WhatsApp.Protocol.Profile;

/// <summary>What other accounts show of themselves (wire/07 §3, §4).</summary>
internal sealed class ProfileFeature(IDeviceLink link, Func<LidDirectory> lids)
{
    private static readonly string[] _asked = ["contact", "lid", "status"];

    /// <summary>See <see cref="IDeviceContacts.GetContactAsync"/>.</summary>
    public async Task<ContactProfile?> GetAsync(Jid account, bool preview, CancellationToken cancellationToken)
    {
        account = account.ToAccount();
        var picture = GetPictureAsync(account, preview, cancellationToken);
        var answer = await link.QueryAsync(ProfileQueries.Users(StanzaIds.New(), _asked, [(account, null)]), cancellationToken);
        var (found, hidden) = await picture;
        if (ProfileQueries.ReadUsers(answer) is not [var user, ..])
            return null;
        if (user is { Exists: true, Phone: { } told, Lid: { } toldLid })
            await link.RunStepAsync(async (step, token) =>
            {
                await lids().LearnAsync(step, [new LidPair(told, toldLid)], "usync", token);
                return true;
            }, cancellationToken);
        var other = (await lids().LoadAsync([account], cancellationToken)).GetValueOrDefault(account);
        return user.Exists == false ? null : new ContactProfile(
            account.IsPhone ? account : user.Phone ?? other, account.IsLid ? account : user.Lid ?? other,
            found, hidden, user.About, user.AboutSetAt, user.AboutHidden);
    }

    // None: 404. Hidden from us: 401 or 403.
    private async Task<(ProfilePicture? Picture, bool Hidden)> GetPictureAsync(Jid account, bool preview, CancellationToken cancellationToken)
    {
        try
        {
            return (ProfileQueries.ReadPicture(await link.QueryAsync(ProfileQueries.Picture(account, preview ? "preview" : "image"), cancellationToken)), false);
        }
        catch (IqErrorException refused) when (refused.Code is 401 or 403 or 404)
        {
            return (null, refused.Code != 404);
        }
    }
}

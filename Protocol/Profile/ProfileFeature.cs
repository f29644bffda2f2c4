using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Contacts;
using WhatsApp.Protocol.Devices;

namespace WhatsApp.Protocol.Profile;

/// <summary>What other accounts show of themselves (wire/07 §3, §4): one question for the account, one for its picture.</summary>
internal sealed class ProfileFeature(IDeviceLink link, Func<LidDirectory> lids, PushNames names)
{
    /// <summary>See <see cref="IDeviceContacts.GetContactAsync"/>.</summary>
    public async Task<ContactProfile> GetAsync(Jid account, bool preview, CancellationToken cancellationToken)
    {
        account = account.ToAccount();
        var user = await AskAsync(account, cancellationToken);
        if (user.Exists == false)
            return new ContactProfile(false, account.IsPhone ? account : null, account.IsLid ? account : null);
        var (picture, hidden) = await GetPictureAsync(user.Phone ?? user.Lid ?? account, preview, cancellationToken);
        return new ContactProfile(user.Exists, user.Phone, user.Lid)
        {
            PushName = names.Find(user.Phone) ?? names.Find(user.Lid),
            Picture = picture,
            PictureHidden = hidden,
            About = user.About,
            AboutSetAt = user.AboutSetAt,
            AboutHidden = user.AboutHidden,
        };
    }

    // A number is asked in every national form; a LID whose number we know is asked by the number, because only numbers are answered with in or out.
    private async Task<UserProfile> AskAsync(Jid account, CancellationToken cancellationToken)
    {
        var other = (await lids().LoadAsync([account], cancellationToken)).GetValueOrDefault(account);
        var (phone, lid) = account.IsPhone ? ((Jid?)account, other) : (other, account);
        var answer = await link.QueryAsync(phone is { } number
            ? ProfileQueries.Numbers(Devices.StanzaIds.New(), PhoneForms.Of(number))
            : ProfileQueries.Lid(Devices.StanzaIds.New(), account), cancellationToken);
        var users = ProfileQueries.ReadUsers(answer);
        // No to one form says little about the other; only no to all of them is a no.
        if (users.FirstOrDefault(user => user.Exists == true) is not { } found)
            return phone is { } asked && users.Count == PhoneForms.Of(asked).Count && users.All(user => user.Exists == false)
                ? users[0]
                : (users.FirstOrDefault(user => user.Exists is null) ?? new UserProfile()) with { Phone = phone, Lid = lid };
        if (found is { Phone: { } told, Lid: { } toldLid })
            await link.RunStepAsync(async (step, token) =>
            {
                await lids().LearnAsync(step, [new LidPair(told, toldLid)], "usync", token);
                return true;
            }, cancellationToken);
        return found with { Phone = found.Phone ?? phone, Lid = found.Lid ?? lid };
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

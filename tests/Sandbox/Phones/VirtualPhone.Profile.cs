namespace WhatsApp.Sandbox.Phones;

/// <summary>What the account shows of itself (wire/07 §4).</summary>
public sealed partial class VirtualPhone
{
    /// <summary>About text; empty = none.</summary>
    public string About
    {
        get
        {
            lock (_account.Gate)
                return _account.About;
        }
        set
        {
            lock (_account.Gate)
                _account.About = value;
        }
    }

    /// <summary>Id of the profile picture; null = none.</summary>
    public string? PictureId
    {
        get
        {
            lock (_account.Gate)
                return _account.PictureId;
        }
        set
        {
            lock (_account.Gate)
                _account.PictureId = value;
        }
    }

    /// <summary>Whether others may see neither.</summary>
    public bool HidesProfile
    {
        get
        {
            lock (_account.Gate)
                return _account.HidesProfile;
        }
        set
        {
            lock (_account.Gate)
                _account.HidesProfile = value;
        }
    }
}

using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Protocol.Tests.Groups;

public sealed class GroupChangesTests
{
    private static readonly Jid _group = Jid.Parse("1@g.us");
    private static readonly Jid _ana = Jid.Parse("111@lid");
    private static readonly Jid _anaPhone = Jid.Parse("5511900000001@s.whatsapp.net");
    private static readonly Jid _bia = Jid.Parse("222@lid");

    private static readonly GroupInfo _info = new(_group)
    {
        Subject = "before",
        Size = 1,
        MembersVersion = "7",
        Members = [new GroupMember(_ana, GroupRole.SuperAdmin) { Lid = _ana, Phone = _anaPhone }],
    };

    [Fact]
    public void Members_join_change_their_role_and_leave()
    {
        var joined = _info.After(Notice(Members("add", ("jid", _bia.ToString()), "7", "8")))!;
        Assert.Equal([_ana, _bia], joined.Members.Select(member => member.Jid));
        Assert.Equal((2, "8"), (joined.Size, joined.MembersVersion));

        var promoted = joined.After(Notice(Members("promote", ("jid", _bia.ToString()), "8", "9")))!;
        Assert.Equal([GroupRole.SuperAdmin, GroupRole.Admin], promoted.Members.Select(member => member.Role));
        Assert.Equal(GroupRole.Member, promoted.After(Notice(Members("demote", ("jid", _bia.ToString()), "9", "10")))!.Members[1].Role);

        // Named by the other form of the address.
        Assert.Equal([_bia], promoted.After(Notice(Members("remove", ("jid", _anaPhone.ToString()), "9", "10")))!.Members.Select(member => member.Jid));
    }

    [Fact]
    public void A_gap_in_the_versions_a_changed_number_and_a_deleted_group_ask_for_fresh_data()
    {
        Assert.Null(_info.After(Notice(Members("add", ("jid", _bia.ToString()), "9", "10"))));
        Assert.Null(_info.After(Notice(Members("modify", ("jid", _bia.ToString()), "7", "8"))));
        Assert.Null(_info.After(Notice(new Node("delete"))));
        Assert.NotNull(_info.After(Notice(Members("add", ("jid", _bia.ToString()), null, null))));
    }

    [Fact]
    public void Name_description_switches_and_life_of_messages_follow_their_notices()
    {
        var after = _info.After(Notice(
            new Node("subject", ("subject", "after"), ("s_o", _bia.ToString()), ("s_t", "5")),
            new Node("description", [("id", "D")], [new Node("body", [], "text")]),
            new Node("announcement"), new Node("locked"), new Node("unlocked"),
            new Node("ephemeral", ("expiration", "86400")), new Node("something_new")))!;
        Assert.Equal(("after", _bia, 5L), (after.Subject, after.SubjectBy, after.SubjectAt));
        Assert.Equal(("text", "D", _ana, 100L), (after.Description!.Text, after.Description.Id, after.Description.By, after.Description.At));
        Assert.Equal([GroupSetting.Announcement, GroupSetting.Ephemeral], after.Settings.Order());
        Assert.Equal(86400, after.Ephemeral);
        Assert.Null(after.After(Notice(new Node("not_ephemeral")))!.Ephemeral);
        Assert.Null(after.After(Notice(new Node("description", [("id", "E")], [new Node("delete")])))!.Description);
    }

    [Fact]
    public void A_group_without_addressing_mode_is_addressed_as_its_members_are()
    {
        Assert.Equal(AddressingMode.Lid, Read([("id", "5")], new Node("participant", ("jid", "3@lid"))).Addressing);
        Assert.Equal(AddressingMode.Phone, Read([("id", "5@g.us")], new Node("participant", ("jid", "3@s.whatsapp.net"))).Addressing);
        Assert.Equal(AddressingMode.Phone, Read([("id", "5")]).Addressing);
    }

    [Fact]
    public void Odd_groups_and_members_are_left_out_and_never_throw()
    {
        Assert.Null(GroupReader.Read(new Node("group", ("id", "5@s.whatsapp.net"))));
        Assert.Null(GroupReader.Read(new Node("group", ("id", ""))));
        Assert.Null(GroupReader.Read(new Node("group")));
        Assert.Null(GroupReader.Read(new Node("group", ("id", "5"), ("error", "403"))));
        Assert.Null(GroupNotices.Read(new Node("notification", [("type", "w:gp2"), ("from", "5@s.whatsapp.net"), ("id", "N")], [new Node("delete")])));
        var odd = Read([("id", "5"), ("size", "-3"), ("creation", "soon"), ("s_o", "@")],
            new Node("participant", ("jid", "@lid")), new Node("participant", ("jid", "3@g.us")), new Node("participant"), new Node("participant", ("jid", "3:7@lid"), ("phone_number", "9@lid")),
            new Node("ephemeral", ("expiration", "99999999999999")), new Node("membership_approval_mode", [], [new Node("group_join", ("state", "off"))]));
        Assert.Equal([Jid.Parse("3@lid")], odd.Members.Select(member => member.Jid));
        Assert.Null(odd.Members[0].Phone);
        Assert.Empty(odd.Settings);
        Assert.True(odd is { Size: null, CreatedAt: null, SubjectBy: null, Ephemeral: null });
    }

    [Fact]
    public void A_bare_server_jid_is_not_a_group() =>
        Assert.Null(GroupNotices.Read(new Node("notification", [("type", "w:gp2"), ("from", "g.us"), ("id", "N")], [new Node("delete")])));

    [Fact]
    public void Only_WhatsApp_suspends() =>
        Assert.Throws<ArgumentException>(() => GroupCommands.Setting(_group, GroupSetting.Suspended, on: true));

    private static GroupInfo Read((string, string?)[] attributes, params Node[] children) => GroupReader.Read(new Node("group", attributes, children))!;

    private static Node Members(string tag, (string, string?) member, string? before, string? now) =>
        new(tag, [("prev_v_id", before), ("v_id", now)], [new Node("participant", member)]);

    private static GroupNotice Notice(params Node[] changes) =>
        GroupNotices.Read(new Node("notification", [("type", "w:gp2"), ("from", _group.ToString()), ("participant", _ana.ToString()), ("t", "100"), ("id", "N")], changes))!;
}

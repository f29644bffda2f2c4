using System.Text.Json;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Groups;

public sealed class GroupNoticeVectorTests
{
    private const string File = "iq-stanzas.json";
    private const string Prefix = "notification.w:gp2.";

    public static TheoryData<string> Cases => [.. All().Select(row => row.GetProperty("op").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_group_notice_is_read_as_recorded(string op)
    {
        var row = All().Single(entry => entry.GetProperty("op").GetString() == op);
        var notice = GroupNotices.Read(IqJson.ToNode(row.GetProperty("incoming")))!;
        var change = Assert.Single(notice.Changes);
        if (row.GetProperty("parsed").GetProperty("events") is var events && events.GetArrayLength() == 0)
            Assert.EndsWith($".{Assert.IsType<OtherGroupChange>(change).Tag}.not_supported", row.GetProperty("parsed").GetProperty("unhandled")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        else
            AssertEvent(Assert.Single(events.EnumerateArray()), notice, change);
        VectorFile.Ran(File, op);
    }

    private static void AssertEvent(JsonElement expected, GroupNotice notice, GroupChange change)
    {
        Assert.Equal((Text(expected, "groupJid"), Text(expected, "authorJid"), Text(expected, "stanzaId")), (notice.Group.ToString(), notice.Author.ToString(), notice.Id));
        Assert.Equal(expected.GetProperty("timestampSeconds").GetInt64(), notice.At);
        var action = Text(expected, "action")!;
        switch (change)
        {
            case MembersChanged members:
                Assert.Equal(action, members.Kind switch { MembersChangeKind.Added => "add", MembersChangeKind.Removed => "remove", MembersChangeKind.Promoted => "promote", _ => "demote" });
                Assert.Equal(Text(expected, "reason"), members.Reason);
                AssertMembers(expected.GetProperty("participants"), members.Members);
                Assert.Equal(action == "remove", notice.NeedsNewSenderKey);
                break;
            case GroupCreated created:
                Assert.Equal(("create", Text(expected, "reason"), Text(expected, "subject"), Text(expected, "description")), (action, created.Reason, created.Info!.Subject, created.Info.Description!.Text));
                AssertMembers(expected.GetProperty("participants"), created.Info.Members);
                Assert.Equal(2, notice.LidPairs.Count());
                break;
            case GroupDeleted deleted:
                Assert.Equal(("delete", Text(expected, "reason")), (action, deleted.Reason));
                break;
            case SubjectChanged subject:
                Assert.Equal(("subject", Text(expected, "subject"), Text(expected, "subjectOwnerJid")), (action, subject.Subject, subject.By.ToString()));
                Assert.Equal(expected.GetProperty("details").GetProperty("subjectTimestampSeconds").GetInt64(), subject.At);
                break;
            case DescriptionChanged description:
                Assert.Equal(("description", Text(expected, "description"), Text(expected, "descriptionId")), (action, description.Text, description.Id));
                Assert.Equal(expected.GetProperty("enabled").GetBoolean(), description.Text is not null);
                break;
            case SettingChanged setting:
                Assert.Equal(action, setting.Setting switch { GroupSetting.Announcement => "announce", GroupSetting.Locked => "restrict", _ => "membership_approval_mode" });
                Assert.Equal(expected.GetProperty("enabled").GetBoolean(), setting.On);
                break;
            case EphemeralChanged ephemeral:
                Assert.Equal(("ephemeral", expected.GetProperty("expirationSeconds").GetInt32(), Text(expected, "mode")), (action, ephemeral.Seconds ?? 0, ephemeral.Trigger?.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                break;
            case InviteChanged invite:
                Assert.Equal(("invite", Text(expected, "code")), (action, invite.Code));
                break;
            case JoinRequested requested:
                Assert.Equal(("created_membership_requests", Text(expected, "requestMethod")), (action, requested.Method));
                AssertMembers(expected.GetProperty("membershipRequests"), requested.Users);
                break;
            case GroupsLinked linked:
                Assert.Equal((linked.Linked ? "link" : "unlink", linked.Type, linked.Reason), (action, Text(expected, "mode"), Text(expected, "reason")));
                Assert.Equal(expected.GetProperty("linkedGroups").EnumerateArray().Select(one => (Text(one, "jid"), Text(one, "subject"), one.GetProperty("hiddenSubgroup").GetBoolean())),
                    linked.Groups.Select(one => ((string?)one.Id.ToString(), one.Subject, one.IsHidden)));
                break;
            case MemberAddModeChanged mode:
                Assert.Equal(("member_add_mode", Text(expected, "mode")), (action, mode.Mode));
                break;
            default:
                Assert.Fail("a change nobody checks: " + action);
                break;
        }
    }

    private static void AssertMembers(JsonElement expected, IReadOnlyList<GroupMember> members)
    {
        Assert.Equal(
            expected.EnumerateArray().Select(one => (Text(one, "jid"), Text(one, "phoneJid"), Text(one, "role"), Text(one, "displayName"))),
            members.Select(one => ((string?)one.Jid.ToString(), one.Phone?.ToString(), one.Role switch { GroupRole.SuperAdmin => "superadmin", GroupRole.Admin => "admin", _ => null }, one.DisplayName)));
    }

    private static string? Text(JsonElement json, string property) => json.TryGetProperty(property, out var value) ? value.GetString() : null;

    private static IEnumerable<JsonElement> All() =>
        VectorFile.Load(File).GetProperty("cases").EnumerateArray().Where(row => row.GetProperty("op").GetString()!.StartsWith(Prefix, StringComparison.Ordinal));
}

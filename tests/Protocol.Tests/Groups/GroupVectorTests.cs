using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Groups;

public sealed class GroupVectorTests
{
    private const string File = "iq-stanzas.json";
    private static readonly Jid _group = Jid.Parse("120363020000000001@g.us");
    private static readonly Jid _other = Jid.Parse("120363020000000002@g.us");
    private static readonly Jid _community = Jid.Parse("120363020000000099@g.us");
    private static readonly Jid _phone = Jid.Parse("5511999990001@s.whatsapp.net");
    private static readonly Jid _first = Jid.Parse("123456789012345@lid");
    private static readonly Jid _second = Jid.Parse("222222222222222@lid");

    private static readonly Dictionary<string, Node> _requests = new()
    {
        ["group.info"] = GroupQueries.Info(_group),
        ["group.list"] = GroupQueries.Mine(),
        ["group.create"] = GroupCommands.Create(new NewGroup("Novo grupo", [_phone, _second]) { Description = ("1700000000000", "desc"), LinkedParent = _community }),
        ["group.create.minimal"] = GroupCommands.Create(new NewGroup("X", [_phone])),
        ["group.subject"] = GroupCommands.Subject(_group, "Novo nome"),
        ["group.description.set"] = GroupCommands.Description(_group, "1700000000000", "DESC1", "texto"),
        ["group.description.clear"] = GroupCommands.Description(_group, "1700000000000", "DESC1", null),
        ["group.memberAddMode"] = GroupCommands.MemberAddMode(_group, "admin_add"),
        ["group.memberLinkMode"] = GroupCommands.MemberLinkMode(_group, "all_member_link"),
        ["group.memberShareHistoryMode"] = GroupCommands.MemberShareHistoryMode(_group, "admin_share"),
        ["group.ephemeral"] = GroupCommands.Ephemeral(_group, 86400),
        ["group.add"] = GroupCommands.Members(_group, MemberAction.Add, [_phone, _second]),
        ["group.remove"] = GroupCommands.Members(_group, MemberAction.Remove, [_first]),
        ["group.promote"] = GroupCommands.Members(_group, MemberAction.Promote, [_first]),
        ["group.demote"] = GroupCommands.Members(_group, MemberAction.Demote, [_first]),
        ["group.leave"] = GroupCommands.Leave([_group, _other]),
        ["group.inviteCode"] = GroupQueries.InviteCode(_group),
        ["group.revokeInvite"] = GroupCommands.RevokeInvite(_group),
        ["group.inviteInfo"] = GroupQueries.InviteInfo("CODE123"),
        ["group.join"] = GroupCommands.Join("CODE123"),
        ["group.join.gone"] = GroupCommands.Join("OLD"),
        ["group.requests"] = GroupQueries.JoinRequests(_group),
        ["group.requests.approve"] = GroupCommands.AnswerJoinRequests(_group, approve: true, [_first]),
        ["group.requests.reject"] = GroupCommands.AnswerJoinRequests(_group, approve: false, [_first]),
        ["group.requests.cancel"] = GroupCommands.CancelJoinRequests(_group, [_first]),
    };

    public static TheoryData<string> Cases => [.. All().Select(row => row.GetProperty("op").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_group_question_is_built_and_its_answer_read_as_recorded(string op)
    {
        var row = All().Single(entry => entry.GetProperty("op").GetString() == op);
        Assert.Equal(IqJson.Canonical(IqJson.ToNode(row.GetProperty("request"))), IqJson.Canonical(Request(op)));
        if (row.TryGetProperty("response", out var response))
            AssertAnswer(op, IqJson.ToNode(response), row);
        VectorFile.Ran(File, op);
    }

    private static Node Request(string op)
    {
        if (_requests.TryGetValue(op, out var request))
            return request;
        var parts = op.Split('.');
        Assert.Equal("setting", parts[1]);
        return GroupCommands.Setting(_group, parts[2] switch
        {
            "announcement" => GroupSetting.Announcement,
            "restrict" => GroupSetting.Locked,
            "ephemeral" => GroupSetting.Ephemeral,
            "membership_approval_mode" => GroupSetting.JoinApproval,
            "allow_non_admin_sub_group_creation" => GroupSetting.AllowNonAdminSubGroupCreation,
            "group_history" => GroupSetting.GroupHistory,
            "allow_admin_reports" => GroupSetting.AllowAdminReports,
            "no_frequently_forwarded" => GroupSetting.NoFrequentlyForwarded,
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "a new switch"),
        }, parts[3] == "on");
    }

    private static void AssertAnswer(string op, Node answer, JsonElement row)
    {
        switch (op)
        {
            case "group.info" or "group.create" or "group.create.minimal" or "group.join":
                GroupAssert.Same(row.GetProperty("parsed"), GroupQueries.ReadGroup(answer)!);
                break;
            case "group.inviteInfo":
                GroupAssert.SameSummary(row.GetProperty("parsed"), GroupQueries.ReadGroup(answer)!);
                break;
            case "group.list":
                var groups = GroupQueries.ReadGroups(answer);
                Assert.Equal(row.GetProperty("parsed").GetArrayLength(), groups.Count);
                foreach (var (expected, group) in row.GetProperty("parsed").EnumerateArray().Zip(groups))
                    GroupAssert.Same(expected, group);
                break;
            case "group.add" or "group.remove" or "group.promote" or "group.demote":
                AssertResults(row, MemberResults.Read(answer, Enum.Parse<MemberAction>(op.Split('.')[1], ignoreCase: true)));
                break;
            case "group.leave":
                Assert.Equal([(_group, 200)], MemberResults.ReadLeave(answer));
                break;
            case "group.inviteCode":
                Assert.Equal(row.GetProperty("parsed").GetString(), GroupQueries.ReadInviteCode(answer));
                break;
            case "group.revokeInvite":
                Assert.Equal(row.GetProperty("parsed").GetProperty("code").GetString(), GroupQueries.ReadInviteCode(answer));
                break;
            case "group.requests":
                AssertRequests(row.GetProperty("parsed"), GroupQueries.ReadJoinRequests(answer));
                break;
            case "group.join.gone":
                Assert.Contains($"({answer.Child("error")!["code"]}:", row.GetProperty("error").GetString(), StringComparison.Ordinal);
                Assert.Null(GroupQueries.ReadGroup(answer));
                break;
            default:
                Assert.Fail("an answer nobody reads: " + op);
                break;
        }
    }

    private static void AssertResults(JsonElement row, IReadOnlyList<MemberResult> results)
    {
        var expected = row.GetProperty("parsed").EnumerateArray().ToArray();
        Assert.Equal(expected.Select(one => (one.GetProperty("jid").GetString(), one.GetProperty("code").GetInt32(), one.GetProperty("status").GetString() == "ok")),
            results.Select(one => ((string?)one.Jid.ToString(), one.Code, one.Done)));
        Assert.Equal(expected.Select(one => one.TryGetProperty("phoneNumber", out var phone) ? phone.GetString() : null), results.Select(one => one.Phone?.ToString()));
        if (results.FirstOrDefault(one => one.Code == 403) is { } invited)
            Assert.Equal(("AbCd", 1700259200), (invited.InviteCode, invited.InviteExpiration!.Value));
    }

    private static void AssertRequests(JsonElement parsed, IReadOnlyList<GroupJoinRequest> requests)
    {
        foreach (var (expected, request) in parsed.EnumerateArray().Zip(requests))
        {
            Assert.Equal(expected.GetProperty("jid").GetString(), request.User.ToString());
            Assert.Equal(expected.GetProperty("requestor").GetString(), request.Requestor.ToString());
            Assert.Equal(expected.GetProperty("requestTime").GetInt64(), request.At);
            Assert.Equal(expected.GetProperty("requestMethod").GetString(), request.Method);
        }
        Assert.Equal(parsed.GetArrayLength(), requests.Count);
    }

    private static IEnumerable<JsonElement> All() =>
        VectorFile.Load(File).GetProperty("cases").EnumerateArray().Where(row => row.GetProperty("op").GetString()!.StartsWith("group.", StringComparison.Ordinal));
}

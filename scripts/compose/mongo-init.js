// Run by mongosh from the loopback of mongo1 (see compose.yaml): makes the replica
// set, its administrator and the user that Accord logs in as. It may be run again,
// also after it was cut off.
const { readFileSync } = require("fs");
const secret = (name) => readFileSync(`/run/secrets/${name}`, "utf8").trim();

const mongo1 = connect("mongodb://127.0.0.1:27017/admin?directConnection=true");
const members = [1, 2, 3].map((n) => ({ _id: n - 1, host: `mongo${n}:27017` }));
members[0].priority = 2; // becomes the first primary, where users can be made from its loopback

// Both are refused once there is a user, and then are done.
try {
  mongo1.adminCommand({ replSetInitiate: { _id: "accord", members } });
} catch (e) {
  if (!["AlreadyInitialized", "Unauthorized"].includes(e.codeName)) throw e;
}
try {
  while (!mongo1.hello().isWritablePrimary && mongo1.hello().primary === undefined) sleep(500);
  mongo1.createUser({ user: "root", pwd: secret("mongo_root_password"), roles: ["root"] });
} catch (e) {
  if (!["Unauthorized", "NotWritablePrimary"].includes(e.codeName)) throw e;
}

// readWrite is all that Accord needs: it makes its collections and indexes itself.
const password = encodeURIComponent(secret("mongo_root_password"));
const set = connect(`mongodb://root:${password}@mongo1,mongo2,mongo3/accord?replicaSet=accord&authSource=admin`);
const user = { pwd: secret("mongo_accord_password"), roles: [{ role: "readWrite", db: "accord" }] };
if (set.getUser("accord") === null) {
  set.createUser({ user: "accord", ...user });
} else {
  set.updateUser("accord", user);
}
print("the replica set and its users are there");
